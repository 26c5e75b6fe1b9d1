"""What people write about a coin, put together from parts so that texts hardly ever repeat."""

from __future__ import annotations

from producers.simulated.dice import Dice
from producers.simulated.plan import Mood

#: For each mood: openings, statements, closings, emoji. ``{s}`` is the ticker.
_PARTS: dict[Mood, tuple[tuple[str, ...], ...]] = {
    "ecstatic": (
        (
            "omg",
            "LFG",
            "wow",
            "guys",
            "I'm telling you",
            "best day ever",
            "frens",
            "hahaha yes",
            "holy smokes",
            "just bought more",
            "woke up to this",
            "told you so",
            "ser",
            "no joke",
            "I love this",
            "amazing",
        ),
        (
            "{s} is the best coin I ever bought",
            "{s} looks absolutely amazing",
            "I love {s} and this community so much",
            "huge win with {s} today",
            "{s} is winning big time",
            "{s} chart is beautiful, so strong",
            "happiest holder of {s} alive",
            "{s} made me so happy this week",
            "{s} is going to the moon, great profits for everybody",
            "{s} is a gem, the team is brilliant",
            "super bullish on {s}, perfect entry",
            "{s} is pure gold, what an awesome project",
            "my {s} bag is up {n}%, incredible",
            "{n}x on {s} is easy, trust this wonderful team",
            "{s} will make us all rich, love it",
            "so excited about {s}, best dev in crypto",
            "{s} strong as ever, fantastic holders",
            "{s} just keeps winning, love to see it",
            "never felt so good about a bag as {s}",
            "{s} is the most promising coin out there, awesome vibes",
        ),
        (
            "amazing!!!",
            "love it",
            "we are so lucky to be early",
            "congrats everyone",
            "so good",
            "great times ahead",
            "best community",
            "easy win",
            "enjoy the ride!",
            "thank you devs",
            "to the moon!",
            "WAGMI",
            "don't miss this great chance",
            "what a success",
            "feeling blessed",
        ),
        ("🚀🚀🚀", "😍", "❤️", "🥳", "💎🙌", "😂", "🎉", "🚀", "🤩", "💚💚", "😁", "🏆"),
    ),
    "glad": (
        ("hm", "gm", "btw", "ok", "so", "not gonna lie", "tbh", "morning", "update", "fwiw"),
        (
            "{s} looks good here",
            "nice volume on {s}",
            "{s} holding up well",
            "added a bit of {s}",
            "{s} seems healthy",
            "I like the {s} chart",
            "decent day for {s}",
            "{s} team shipped something useful",
            "{s} could do {n}% from here",
            "glad I kept my {s}",
            "{s} community is friendly",
            "slowly warming up to {s}",
            "fair entry on {s} imo",
            "{s} support at {n} is solid",
        ),
        (
            "nice",
            "let's see",
            "might add",
            "not bad",
            "good sign",
            "dyor",
            "holding",
            "patience",
            "fine with me",
            "cheers",
        ),
        ("👍", "🙂", "📈", "☕", "👀", "🤝"),
    ),
    "neutral": (
        ("anyone", "question", "gm", "so", "hey", "quick one", "news", "thread", "ok", "hmm"),
        (
            "where do you track {s}",
            "what is the contract of {s}",
            "{s} moved to a new pool",
            "how many wallets hold {s} now",
            "when is the next {s} AMA",
            "{s} at {n} on my screen",
            "who is the dev behind {s}",
            "does {s} have a listing date",
            "{s} order book is thin",
            "swapped some {s} for eth",
            "{s} or {t}, which one do you watch",
            "reading the {s} docs",
            "is {s} on other chains",
            "my {s} alert went off at {n}",
            "watching {s} since monday",
            "{s} volume is {n}k today",
            "bridging {s} takes {n} min",
            "what wallet do you use for {s}",
        ),
        ("?", "thx", "asking for a fren", "nfa", "just looking", "brb", "anon", "let me know"),
        ("👀", "🤔", "📊", "🐸", "🧵", "⏳"),
    ),
    "worried": (
        ("hmm", "not sure", "ok", "tbh", "idk", "careful", "ngl", "ugh", "meh"),
        (
            "{s} feels weak today",
            "a bit worried about {s}",
            "{s} chart looks tired and weak",
            "sold some {s}, bad timing",
            "{s} keeps slipping, not nice",
            "not convinced by {s} anymore",
            "{s} lost {n}% again",
            "I doubt {s} holds this level",
            "{s} devs are quiet, a bit concerned",
            "missed my exit on {s}, annoying",
            "{s} liquidity is low, risky",
            "little disappointed with {s}",
        ),
        ("careful", "sad", "be careful", "not great", "dyor", "oh well", "hope I'm wrong", "hm"),
        ("😕", "📉", "😬", "🙄", "😐"),
    ),
    "furious": (
        (
            "wtf",
            "guys",
            "warning",
            "this is bad",
            "unbelievable",
            "sell now",
            "damn",
            "seriously",
            "I'm so angry",
            "disgusting",
            "stay away",
            "PSA",
            "omg no",
            "told you",
        ),
        (
            "{s} is a scam",
            "{s} devs are liars and thieves",
            "I lost {n}% on {s}, I hate this",
            "{s} is a terrible fraud",
            "worst coin ever, {s} is dead",
            "{s} is crashing, awful",
            "they are dumping {s} on us, disgusting",
            "{s} ruined me, horrible people",
            "{s} team stole from us, criminals",
            "{s} is an ugly rug, avoid this garbage",
            "{s} holders are screwed, total disaster",
            "never trusted anything as bad as {s}",
            "{s} is worthless trash, sell it",
            "{s} looks like a painful death, panic everywhere",
            "horrible dump on {s}, I feel sick",
            "{s} is a stupid mess, I lost so much",
        ),
        (
            "scam!!!",
            "avoid",
            "I hate it",
            "pathetic",
            "what a disaster",
            "so bad",
            "criminals",
            "worst ever",
            "total loss",
            "disgusting",
            "NGMI",
            "get out",
            "never again, awful",
        ),
        ("😡", "😭", "💀", "🤬", "😱", "👎", "😤"),
    ),
}
_NEWS = (
    "{s}: trading volume up, price higher over the last hours, data shows",
    "{s} partners with a payment provider, details to follow",
    "{s} announces roadmap for the next quarter",
    "{s} integration goes live on another wallet",
    "Market update: {s} among the day's most traded meme coins",
    "{s} reaches {n},{m} holders according to chain data",
    "Exchange notice: {s} deposits open, trading pairs published",
    "{s} foundation publishes its audit report",
)


class Writer:
    """Makes up posts; ``rival`` tickers appear in comparisons."""

    def __init__(self, rivals: list[str]) -> None:
        self._rivals = rivals

    def post(self, chance: Dice, symbol: str, mood: Mood) -> str:
        """A post about the coin in the given mood."""
        openings, statements, closings, emoji = _PARTS[mood]
        draw = chance.random()
        text = self._filled(chance, chance.pick(statements), symbol)
        if draw < 0.6:
            text = f"{chance.pick(openings)} {text}"
        if chance.random() < 0.65:
            text = f"{text}{', ' if draw < 0.4 else ' '}{chance.pick(closings)}"
        if chance.random() < 0.5:
            text = f"{text} {chance.pick(emoji)}"
        if draw > 0.9:
            text = text.lower() if draw > 0.93 else text + "!!"
        return text

    def news(self, chance: Dice, symbol: str) -> str:
        """A sober line of a news desk."""
        return self._filled(chance, chance.pick(_NEWS), symbol)

    def _filled(self, chance: Dice, text: str, symbol: str) -> str:
        text = text.replace("{s}", f"${symbol}" if chance.random() < 0.8 else symbol.title())
        if "{n}" in text:
            text = text.replace("{n}", str(chance.whole(2, 98)), 1)
        if "{m}" in text:
            text = text.replace("{m}", f"{chance.whole(0, 999):03d}", 1)
        if "{t}" in text:
            text = text.replace("{t}", f"${chance.pick(self._rivals)}", 1)
        return text


def pitch(chance: Dice, symbol: str) -> str:
    """The text that a shilling wave copies; ``near_copy`` disguises it."""
    return (
        f"{chance.pick(('🚨', '🔥', '🚀', '💎'))} ${symbol} "
        f"{chance.pick(('is the best gem of the year', 'will make you rich, amazing team'))}, "
        f"{chance.pick(('huge gains', 'easy win', 'great profits'))} "
        f"{chance.pick(('guaranteed', 'in the next hours', 'before the big listing'))}! "
        f"{chance.pick(('Join our wonderful family', 'Get in free', 'Best calls here'))}"
    )


def near_copy(chance: Dice, text: str, disguise: float) -> str:
    """The text with small changes; ``disguise`` (0..1) says how many copies are changed at all."""
    if chance.random() >= disguise:
        return text
    words = text.split()
    place = chance.whole(0, len(words) - 1)
    change = chance.whole(0, 3)
    if change == 0:
        words[place] = words[place].upper()
    elif change == 1:
        words.insert(place, chance.pick(("really", "guys", "fam", "ser", "btw", "yes")))
    elif change == 2:
        words.append(chance.pick(("🚀", "💎", "❤️", "🙌", "😍")) * chance.whole(1, 3))
    else:
        words.append(f"#{chance.whole(10, 9999)}")
    return " ".join(words)
