"""What gunicorn serves: `gunicorn wsgi:app`, set up by the environment (see search/settings.py)."""

from search.settings import read_settings
from search.web.app import create_app

app = create_app(read_settings())
app.extensions["poisk"].read_dictionaries()
