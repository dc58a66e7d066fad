from index.engines.whoosh.segment.arrays import Array
from index.engines.whoosh.segment.container import Section

class Group:
    def __init__(
        self,
        starts: Array,
        position_starts: Array,
        doc_ids: Section,
        combinations: Section,
        offsets: Section,
        blocks: Section,
        positions: Section,
        frequencies: Array,
    ) -> None: ...
