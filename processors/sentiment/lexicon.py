"""The words of this field, by what they mean to somebody who holds the coin.

Stock VADER does not know them, or knows them wrongly: "moon" is no feeling to it, "short" is not a
bet against, "burning" is always bad. Each word has one meaning, each meaning a valence on VADER's
scale (−4..4), so that VADER's own rules (negation, "but", capitals, degree) work on it too.
Written from reading the earlier part of the labelled posts and from common trading slang.
"""

from __future__ import annotations

#: Meaning: valence for VADER, words. Where VADER knows a word, ``_OVERRULED`` says who is right.
_MEANINGS: dict[str, tuple[float, str]] = {
    "rise": (
        1.6,
        """
        up uptrend upside upward rise rises rising rose risen moon moons mooning mooned moonshot
        rocket rockets fly flies flying flew soar soars soaring soared rip rips ripping ripped run
        runs running runner rally rallies rallying rallied pump pumps pumping pumped pamp bounce
        bounces bouncing bounced breakout breakouts green higher high highs ath aths gain gains
        gaining climb climbs climbing jump jumps jumping jumped spike spikes spiking surge surges
        surging surged rebound rebounding rebounds recover recovers recovery recovered recovering
        squeeze squeezed squeezing squeezes skyrocket skyrocketing parabolic explode explodes
        exploding exploded uppies uponly lift liftoff takeoff blast pop pops popped popping doubled
        double triple tripled beat beats upgrade upgrades upgraded outperform launch above over
        boom momentum catalyst hulk teleport
        🚀 📈 🌙 🌕 🌝 🌛 🌜 🔝 ⬆ ⏫ 🔼 🟢 ✅ 💹 🛫 🌋 🎆 👆 💥 ⚡ 🧨 🛸 🏃
        """,
    ),
    "fall": (
        -1.6,
        """
        down downtrend downside downward fall falls falling fell fallen drop drops dropping dropped
        dump dumps dumping dumped crash crashes crashing crashed tank tanks tanking tanked sink
        sinks sinking sank sunk plunge plunging plunged plummet plummeting plummeted red lower low
        lows bleed bleeding bleeds bled blood bloodbath bloody correction pullback collapse
        collapses collapsing collapsed tumble tumbling slide slides sliding slipping slips fade
        fades fading reject rejected rejection retrace selloff downgrade downgrades downgraded miss
        missed drill drilling nosedive puke dive dives diving haircut halved evaporate implode weak
        weakness resistance exhausted below under zero capitulation downfall breakdown
        📉 🔻 🔴 🩸 ⬇ ⏬ 🔽 🕳 ⚰ 🪦 🛬 👇 🗑 🚽 🧻 ⛔ 🛑 🚫 🎈 💣
        """,
    ),
    "buy": (
        1.0,
        """
        buy buys buying bought buyer buyers btd btfd add adds adding added load loads loading loaded
        accumulate accumulating accumulated accumulation grab grabbed grabbing scoop scooped
        scooping entry enter entered stack stacking stacked dca averaging own invest investing
        invested investor dip dips discount discounted sale bid bids reload reloading
        """,
    ),
    "hold": (
        1.0,
        "hold holds holding held hodl hodling hodled hodler hodlers diamond hands keep keeping 💎",
    ),
    "long": (1.4, "long longs longing longed bullish bullrun oversold leaps undervalued"),
    "sell": (
        -1.0,
        """
        sell sells selling sold seller sellers exit exits exiting exited unload unloads unloading
        offload trim trimmed paperhand paperhands cashout jeet jeets jeeting
        """,
    ),
    "short": (
        -1.4,
        "short shorting shorted bearish overbought overvalued overpriced expensive hedged 🩳",
    ),
    "bear": (
        0.0,
        """
        bear bears bearz ber bers shorts shorters shorties shorty shortsellers fudder fudders
        fudster basher bashers hater haters doubters skeptics mms manipulators 🐻 🐼 🧸 🌈
        """,
    ),
    "bull": (
        0.0,
        """
        bull bulls bullz bullas holder holders bagholder bagholders fanboy fanboys fanbois apes cult
        believers permabulls pig pigs longtermers 🐂 🐃 🐮 🦍 🐷 🐖
        """,
    ),
    "put": (-0.8, "put puts putz"),
    "call": (0.8, "call calls callz lotto lottos"),
    "hurt": (
        -1.4,
        """
        cry crying cries cried burn burns burned burnt burning trap trapped traps rekt wrecked wreck
        destroyed destroy dead die dying died death kill killed killing smoked panic panicking
        panicked cover covering covered stuck lose losing loses lost loser losers loss losses toast
        fucked screwed wrong hurt hurts hurting pain painful suffer suffering broke slaughter
        slaughtered roast roasted punished crushed crush squirm sweating scared fear afraid
        desperate liquidated liquidation ouch tears regret sorry bag bags baghold bagholding
        underwater ngmi cooked donezo
        😭 😢 💀 ☠ 🔪 😱 🥵 🥶 🤕 🤒 🪓
        """,
    ),
    "fool": (
        -1.0,
        """
        stupid idiot idiots dumb dumbass moron morons clown clowns fool fools delusional sheep
        retard retards retarded sucker suckers amateur amateurs ignorant clueless blind greedy greed
        noob noobs normies buffoon buffoons 🤡 🐑 🙈 🐒 🧠
        """,
    ),
    "scam": (
        -2.6,
        """
        scam scams scammed scammer scammers scammy fraud frauds fraudulent ponzi ponzis pyramid fake
        rug rugs rugged rugging rugpull rugpulls honeypot exploit exploited hack hacked hacker
        drained criminal criminals crook crooks liar liars lie lies lying cheat cheating cheated
        steal stole stolen theft thief thieves con conned scheme schemes manipulated manipulation
        launder laundering launderers shill shills shilled shilling lawsuit sued probe investigation
        delisted bankrupt bankruptcy insolvent dilution diluted
        🐍 🚩 🚨 ⚠
        """,
    ),
    "trash": (
        -2.2,
        """
        worthless shitcoin shitcoins shitty garbage trash useless bubble gamble gambling gambler
        gamblers hype hyped cringe joke sucks suck crap crappy shit bullshit bs junk pos horrible
        terrible awful worst worse disgusting pathetic toxic tulip tulips fad failed fail fails
        failure failing mess dumpster snake recall layoffs debt stagnant obsolete waste wasted
        nothingburger dogshit clownshow casino vaporware unstable volatile corona coronavirus virus
        covid pandemic
        💩 🤮 🤢 👎 🤧 🦠 😷
        """,
    ),
    "good": (
        1.8,
        """
        gem gems cheap cheaper strong stronger strength solid best great love loves loved loving
        early adoption future utility amazing awesome beautiful nice good better excellent wonderful
        perfect brilliant win wins winning winner winners king queen beast monster legend legit
        bright potential opportunity opportunities profit profits profitable rich wealth wealthy
        millionaire millionaires lambo yacht retire tendies printing secure secured innovative
        revolutionary gamechanger trust believe confident patience patient wagmi lfg congrats
        congratulations thanks thank blessed bless glad happy excited exciting fun hope smart genius
        partnership approval approved record dividend growth growing steady healthy useful
        outperforming stimulus based comfy alpha fast fastest decentralized decentralised reliable
        ❤ ♥ 😍 🥰 😘 💚 💙 💜 🧡 💛 🙏 🙌 💪 👍 👏 👌 🎉 🥳 🎊 🍾 🥂 🍻 🍷 🥃 🤑 💰 💵 💸 💲 💴 🏆
        🤩 😎 🤠 🐳 🐋 🔥 ⭐ 🌟 💯 🤞 😇 ☺ 😊 🙂 😁 😀 😃 🍀 🤘 🤙 🤟 🤝 🎁 🎄 🔋 🕺 💃 👊 ✌ ✊ 🔮
        """,
    ),
    "laugh": (0.4, "lol lols lmao lmfao rofl haha hahaha hahahaha hahah ha hehe 😂 🤣 😆 😅 😹"),
    "smug": (0.0, "😏 😉 😜 😝 😛 😋 😈 🤪 🙃 🥱 😴 💤 🍿 🤭 🤫 🥴 👋 bye"),
    "upset": (
        -1.6,
        """
        ugh wtf damn fuck fucking fuckin hate hated hates angry mad annoying annoyed ridiculous
        disappointed disappointing disappointment sad worried worry worries nervous concern
        concerned concerns boring careful avoid warning danger dangerous risky risk tired doubt
        doubts skeptical uncertain uncertainty volatility
        😡 🤬 😠 😤 😒 😞 😔 😕 🙁 ☹ 😣 😖 😫 😩 😬 🥺 😥 😰 😨 😳 🤦 🙄 😑 😐 🤯 🖕 😵 😟 😮
        """,
    ),
    "ask": (0.0, "why how what when where who which 🤔 🧐 🤷 🤨 👀"),
    "not": (
        0.0,
        """
        not no never nothing none nobody neither nor without cant can't cannot dont don't doesnt
        doesn't didnt didn't isnt isn't arent aren't wasnt wasn't wont won't wouldnt wouldn't
        couldn't shouldn't shouldnt aint ain't hardly barely stop stopped haven't hasn't
        """,
    ),
    "soon": (
        0.0,
        "will gonna going soon tomorrow tmrw week eod eow eom next coming incoming ready",
    ),
    "might": (0.0, "can could should would might may maybe if perhaps hopefully wish"),
    "urge": (0.0, "let's lets let go please pls plz come need"),
    "me": (0.0, "i i'm im my me i'll i've i'd we we're our us mine"),
    "you": (0.0, "you you're your u ur yall y'all guys they them their people everyone everybody"),
}

#: VADER knows these words by their everyday meaning; here ours counts.
_OVERRULED_WORDS = """
    rise rises rising rose fall falls falling fell drop drops dropped dropping crash crashes crashed
    crashing dump dumps dumped tank tanks sink sinks sinking sank collapse collapsed collapsing
    reject rejected gain gains gained gaining miss missed weak weakness exhausted launch squeeze
    short hedge bear bull bulls bears burn burned dead die dying kill killed beast monster killing
    cheap holder cover cut greedy future trust debt cheaper discount discounted invest profit
    profits cry crying scam scams scammer fraud ponzi fake hype hyped bless joke based risk
    resistance pos steady solid support wealth rich lol lmao lmfao rofl haha hahaha
"""
_OVERRULED = frozenset(_OVERRULED_WORDS.split())

#: Everyday words that mean a direction here only beside others; VADER is taught a hint of it.
_FAINT_WORDS = """
    up upward high higher highs run runs running runner rise over above launch pop catalyst volume
    down low lower lows under below zero red green correction slide slides miss missed drop jump
    fly flies add adds adding added own enter entry entered bid bids keep keeping hold holds held
    holding hands early future potential fast based record growth growing secure secured useful
    long short call calls put puts trust believe hope partnership approval wrong cover covered
"""
_FAINT = frozenset(_FAINT_WORDS.split())
_FAINT_SHARE = 0.4

#: What a word means; the first meaning that names it.
MEANING: dict[str, str] = {}
for _name, (_, _words) in _MEANINGS.items():
    for _word in _words.split():
        MEANING.setdefault(_word, _name)


def valences(known: dict[str, float]) -> dict[str, float]:
    """What VADER has to be taught, given what it knows."""
    return {
        word: _MEANINGS[meaning][0] * (_FAINT_SHARE if word in _FAINT else 1.0)
        for word, meaning in MEANING.items()
        if _MEANINGS[meaning][0] and (word not in known or word in _OVERRULED)
    }
