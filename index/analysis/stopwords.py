"""Words too common to ask for: indexed, so that phrases hold, but left out of a query."""

_RUSSIAN = """
а без более бы был была были было быть в вам вас ведь весь во вот все всего всех вы где да даже
для до его ее ей ему если есть еще же за здесь и из или им их к как какая какой когда кто ли либо
мне может мы на над надо нас не него нее ней нет ни них но ну о об около он она они оно от перед
по под после при про с со свое своего своей свои своих свой себя сейчас сам сама само сами так
также такая такие такой там те тем теперь то тоже того той только том тот ту тут ты у уже хотя
чего чей чем через что чтобы чье чья эта эти этим этих это этого этой этом этому этот эту я
"""

# Without "us", "it" (U.S. and IT are typed so), "no", "not", "up" and "off" (they carry sense).
_ENGLISH = """
a about after all also an and any are as at be because been before being between both but by can
could did do does doing during each for from further had has have having he her here hers herself
him himself his how i if in into is its itself just me more most my myself nor of on once only or
other our ours ourselves out over own same she should so some such than that the their theirs them
themselves then there these they this those through to too under until very was we were what when
where which while who whom why will with would you your yours yourself yourselves
"""

STOPWORDS = frozenset(_RUSSIAN.split()) | frozenset(_ENGLISH.split())
"""Forms (lower case, ё as е), as `Token.form` has them."""
