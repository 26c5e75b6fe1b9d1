"""Words that are names of coins too, and mean no coin when somebody just says them."""

from __future__ import annotations

#: Said of a coin they mean it: as a hashtag, with less confidence, or as in "turbo coin".
COMMON_WORDS = frozenset(
    """
    able about above act after again ago agree air akita all alpha also always america american
    among andy angel animal another answer any ape apple april arab area army around art ask
    august aunt away baby back bad bag ball banana band bank base bear beast beat beauty become
    beer before believe bell best beta better bible biden big bird birthday bit bitch bitcoin
    black block blood blue boat body bomb bone bonk book boom boss bot both bottom bowl box boy
    brain brand brave bread break brett bridge bring brother brown bubble bull bunny burn
    business butt buy cake call camel can candle candy cap captain car card care cash castle cat
    cats cent chad chain champ champion chance change chart chat cheap check cheese chef chicken
    chill china chinese christmas church circle city clean clear climb clock cloud clown club
    coffee cold comedy community cool corn country cow crab crash crazy creature cross crown cry
    cult culture cup cute dad daddy dance dark data date dave david day days dead deal dear
    death december deep demon devil diamond dice die dinner dino dip doctor dog doge dogs doll
    dollar dolphin donald donkey door down dragon dream drink drive drop duck dude dump dust
    each eagle early earth east easy eat economy eggs egypt eight elephant elite elon else emo
    end energy enter error ether europe even ever every evil exit extra eyes face fact fair
    fairy faith fake fall family fan far farm fart fast fat father fear february feel female few
    fight film final find fire first fish five flag flash flat flow flower fly follow food fool
    football for forest forever forward four fox free freedom friday friend frog from fruit full
    fun funny fur future game gang garden gary gas gem general ghost giant gift giga girl give
    glass global go goal goat god gold golden golf gone good goose gorilla grand grass great
    green grey grok group grow guard guide guy guys hair half halloween ham hamster hand happy
    hard harry hat hate have hawk head health heart heat heaven heavy hell hello help hero high
    hill hippo history hit hold home homer honest honey hope horse hot hotdog hour house how
    huge human hundred hunt hype ice idea idiot image index india infinity ink inside inu iron
    island jack jail january japan jesus jim job joe john join joke joker joy july jump june
    jungle just kabosu kamala keep ketchup key keycat kid kids kill kind king kiss kitten kitty
    know koala korea lady ladys lambo land laser last late launch law lazy leaf learn left
    legend lemon less letter level life light like lion liquid list little live lizard local
    lock lol long look loop lord loser lost love low luck lucky lunch machine mad maga magic
    male mama man manga many march mark market mars mask master math matrix matt max may maybe
    mayor meat media men meow message metal mew micro middle milk million mind mine mini miracle
    mirror miss mode model mog mom monday money monk monkey monster month moo mood moon more
    morning mother mouse movie much mud music musk must name nation nature neck need neko net
    never new news next nice night nine ninja nobody noise north nose note nothing november now
    number nut nuts ocean october off offer office official oil old one only open orange order
    other our out over owl own page pain paint panda panic paper parent park part party past
    path patriot pay peace peach peanut peng penguin people person pet phone photo pick pig
    pigeon piggy pill pink pirate pizza place plan planet plant play player please plus pocket
    point poison police poop poor pop popular porn post potato power pray president press pretty
    price prime prince print prize problem profit project proof protect public pump punk pup
    puppy pure purple push quack queen quick quiet rabbit race radio rain ram random rare rat
    rats raven read ready real reality rebel record red reddit rest rich ride right ring rise
    river road robot rock rocket roll room rooster rose round royal rug run russia sad safe saga
    said salt same samurai sand santa satoshi saturday save saw school science score sea search
    season second secret seed seek sell send september seven sex shadow shark she sheep shiba
    ship shit shoe shop short shot show sigma sign silence silly silver simple since sing sister
    six skin skull sky slap sleep slow slug smart smell smile smoke smurf snail snake snow
    social soft solid some son song soon soul sound soup south space spark speak special speed
    spider spirit sport spring squad square squid squirrel stand star start state stay steel
    still stock stone stonks stop storm story strange street strong stuff such sugar summer sun
    sunday super sure sushi sweet swim sword system table taco take talk tall tank target tate
    tax team tech ten test thank that the then there they thing think this three thursday tiger
    time tits toad toast today together toilet tomorrow tooth top toshi total touch tough town
    toy trade train travel tree trend troll true trump trust truth tuesday turbo turtle twin
    twitter two ugly under union unit universe up usa useless vacation value van vegan very
    victory video viking vine virus voice volt vote wait walk wall wallet want war warrior watch
    water wave way weak wealth weather wednesday week well west whale what wheel when white who
    wife wild will win wind wine wing winner winter wise wish wizard wolf woman wonder wood word
    work world worm wow write wrong year yellow yes yesterday yield you young your yours zero
    zombie zone zoo
    """.split()  # noqa: SIM905
)

#: Said of all coins: only a cashtag makes one of them out of these.
GENERIC_WORDS = frozenset(
    """
    airdrop alt altcoin altcoins bitcoin blockchain coin coins crypto cryptocurrency cryptos defi
    degen degens gem gems memecoin memecoins meme memes nft nfts presale shitcoin shitcoins
    stablecoin token tokens web3
    """.split()  # noqa: SIM905
)
