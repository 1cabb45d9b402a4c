"""Names that readers see: an adjective, a noun and a number, drawn at random.

A name comes from the operating system's randomness and from nothing else, so it cannot be recomputed from an alias.
Whether a name is free in its thread is for the thread to decide; it is given several to choose from.
"""

import secrets
from typing import Final

_CANDIDATES: Final = 8

_ADJECTIVES: Final = (
    "amber agile ample arctic autumn azure brave bright brisk bronze calm candid clear clever cobalt cool coral cosmic "
    "crisp curious daring dawn deep dusty eager early easy fair fast fine firm fleet fond frank free fresh gentle glad "
    "golden good grand green happy hazel high honest humble ideal indigo ivory jade jolly keen kind large late lemon "
    "light lively local lucid lucky lunar major mellow merry mild mint misty modern modest narrow neat new noble north "
    "olive open orange patient pearl plain polar polite prime proud pure quick quiet rapid rare ready red regal rosy "
    "round royal ruby rustic sandy sharp shiny silent silver simple sincere sky smooth snowy soft solar solid spring "
    "steady still summer sunny sure swift tall tender tidy true urban vast velvet vivid warm west wide winter wise"
)
_NOUNS: Final = (
    "acorn anchor apple arrow aspen badger bamboo banyan barley bay beacon beaver birch bison breeze bridge brook "
    "canyon cedar cherry cliff clover cloud comet compass cove crane creek cricket daisy delta dolphin dove eagle "
    "ember falcon fern finch fjord forest fox garden ginkgo glacier grove harbor hare harvest heron hill island ivy "
    "juniper kestrel kite lagoon lake lantern lark laurel leaf lily lotus lynx magpie mango maple marsh meadow mesa "
    "moon moss mountain oak oasis ocean orchid otter owl panda pebble pelican penguin peony pine planet plum pond "
    "poplar prairie quail rain raven reed reef ridge river robin rose saffron sail sparrow spruce star stone storm "
    "stream swallow swan teal thunder tiger tulip turtle valley violet walnut wave whale willow wind wren zebra"
)
ADJECTIVES: Final = tuple(_ADJECTIVES.split())
NOUNS: Final = tuple(_NOUNS.split())


_NAMES: Final = tuple(f"{adjective} {noun}" for adjective in ADJECTIVES for noun in NOUNS)
_DRAW: Final = 8
"""Bytes of randomness for a name: so many more than names that none is likelier than another by a measurable bit."""


def draw_names() -> tuple[str, ...]:
    """Candidates for an author's name in a thread, such as `quiet otter 42`."""
    drawn = secrets.token_bytes(_CANDIDATES * _DRAW)
    return tuple(_name(int.from_bytes(drawn[at : at + _DRAW], "big")) for at in range(0, len(drawn), _DRAW))


def _name(drawn: int) -> str:
    words, number = divmod(drawn, 90)
    return f"{_NAMES[words % len(_NAMES)]} {10 + number}"
