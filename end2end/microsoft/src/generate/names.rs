//! Names of invented people: given and family names of many languages, put together by chance, each with the Latin
//! spelling that goes into addresses.

use crate::random::Random;

type Pair = (&'static str, &'static str);

/// A script with its names.
#[derive(Debug)]
pub struct Script {
    /// What `preferredLanguage` says.
    pub language: &'static str,
    given: &'static [Pair],
    family: &'static [Pair],
    family_first: bool,
    between: &'static str,
}

/// A person's name in its own script and in Latin letters.
#[derive(Debug, Clone)]
pub struct Name {
    /// Given name.
    pub given: String,
    /// Family name.
    pub family: String,
    /// As the person writes both.
    pub display: String,
    /// What goes before the @.
    pub address: String,
}

/// Every script, plain Latin first.
pub static SCRIPTS: [Script; 10] = [
    Script {
        language: "en-GB",
        given: &[
            ("Amber", "amber"),
            ("Callum", "callum"),
            ("Dexter", "dexter"),
            ("Edith", "edith"),
            ("Fern", "fern"),
            ("Gideon", "gideon"),
            ("Hazel", "hazel"),
            ("Ivo", "ivo"),
            ("Juniper", "juniper"),
            ("Kit", "kit"),
            ("Linden", "linden"),
            ("Maud", "maud"),
            ("Nell", "nell"),
            ("Osric", "osric"),
            ("Petra", "petra"),
            ("Quill", "quill"),
            ("Rowan", "rowan"),
            ("Sorrel", "sorrel"),
            ("Tamsin", "tamsin"),
            ("Wilf", "wilf"),
        ],
        family: &[
            ("Ashgrove", "ashgrove"),
            ("Brackenbury", "brackenbury"),
            ("Coldwater", "coldwater"),
            ("Dunmarsh", "dunmarsh"),
            ("Elderfield", "elderfield"),
            ("Fairwick", "fairwick"),
            ("Greenhollow", "greenhollow"),
            ("Hartsmoor", "hartsmoor"),
            ("Ironbridge", "ironbridge"),
            ("Kestrelton", "kestrelton"),
            ("Lockwell", "lockwell"),
            ("Merriwether", "merriwether"),
            ("Northgate", "northgate"),
            ("O'Fallowfield", "ofallowfield"),
            ("Penhallow-Reed", "penhallow-reed"),
            ("Quarrington", "quarrington"),
            ("Ravensdale", "ravensdale"),
            ("Stonebeck", "stonebeck"),
            ("Thornleigh", "thornleigh"),
            ("Underhay", "underhay"),
            ("van der Vlist", "vandervlist"),
            ("Wintersedge", "wintersedge"),
            ("Yarrowby", "yarrowby"),
        ],
        family_first: false,
        between: " ",
    },
    Script {
        language: "de-DE",
        given: &[
            ("Jürgen", "juergen"),
            ("Søren", "soren"),
            ("Zoë", "zoe"),
            ("Łucja", "lucja"),
            ("Žofie", "zofie"),
            ("İpek", "ipek"),
            ("Ğülşen", "gulsen"),
            ("Nuño", "nuno"),
            ("Françoise", "francoise"),
            ("Åse", "ase"),
            ("Đorđe", "dorde"),
            ("Ștefania", "stefania"),
        ],
        family: &[
            ("Müßigbrodt", "muessigbrodt"),
            ("Ångström-Dal", "angstrom-dal"),
            ("Brzęczykowski", "brzeczykowski"),
            ("Dvořáčková", "dvorackova"),
            ("Şahinoğlu", "sahinoglu"),
            ("Peñarrubia", "penarrubia"),
            ("Lefèvre-Saintonge", "lefevre"),
            ("Øvrebø", "ovrebo"),
            ("Kőszeghegyi", "koszeghegyi"),
            ("Ļeņiņš", "lenins"),
            ("Țăranu", "taranu"),
            ("Straßburger", "strassburger"),
        ],
        family_first: false,
        between: " ",
    },
    Script {
        language: "uk-UA",
        given: &[
            ("Оксана", "oksana"),
            ("Тарас", "taras"),
            ("Дмитро", "dmytro"),
            ("Ярина", "yaryna"),
            ("Любомир", "lyubomyr"),
        ],
        family: &[
            ("Вишнегай", "vyshnehay"),
            ("Степовик", "stepovyk"),
            ("Криничар", "krynychar"),
            ("Зоряненко", "zoryanenko"),
            ("Журавель", "zhuravel"),
        ],
        family_first: false,
        between: " ",
    },
    Script {
        language: "el-GR",
        given: &[
            ("Ευφροσύνη", "effrosyni"),
            ("Λεωνίδας", "leonidas"),
            ("Χρυσάνθη", "chrysanthi"),
            ("Ιάσων", "iason"),
        ],
        family: &[
            ("Πετρογιάννης", "petrogiannis"),
            ("Θαλασσινού", "thalassinou"),
            ("Αμπελάς", "ampelas"),
            ("Ξυλογιώργης", "xylogiorgis"),
        ],
        family_first: false,
        between: " ",
    },
    Script {
        language: "ar-EG",
        given: &[
            ("ليلى", "layla"),
            ("طارق", "tariq"),
            ("ياسمين", "yasmin"),
            ("عبد الرحمن", "abdelrahman"),
        ],
        family: &[
            ("النخلاوي", "alnakhlawi"),
            ("البستاني", "albustani"),
            ("الزيتوني", "alzaytuni"),
            ("القمري", "alqamari"),
        ],
        family_first: false,
        between: " ",
    },
    Script {
        language: "he-IL",
        given: &[("נועה", "noa"), ("איתי", "itay"), ("שירה", "shira"), ("אלון", "alon")],
        family: &[
            ("בן-זית", "ben-zayit"),
            ("הררי", "harari"),
            ("כרמלון", "karmelon"),
            ("שקדיאל", "shkediel"),
        ],
        family_first: false,
        between: " ",
    },
    Script {
        language: "ja-JP",
        given: &[
            ("さくら", "sakura"),
            ("健太", "kenta"),
            ("陽菜", "hina"),
            ("ケンジ", "kenji"),
        ],
        family: &[
            ("桜木沢", "sakuragisawa"),
            ("雪野原", "yukinohara"),
            ("藤ヶ谷戸", "fujigayato"),
            ("髙波", "takanami"),
        ],
        family_first: true,
        between: " ",
    },
    Script {
        language: "zh-CN",
        given: &[
            ("晓雨", "xiaoyu"),
            ("志远", "zhiyuan"),
            ("思琪", "siqi"),
            ("浩然", "haoran"),
        ],
        family: &[
            ("欧阳", "ouyang"),
            ("慕容", "murong"),
            ("竺", "zhu"),
            ("令狐", "linghu"),
        ],
        family_first: true,
        between: "",
    },
    Script {
        language: "ko-KR",
        given: &[
            ("하늘", "haneul"),
            ("도현", "dohyun"),
            ("서윤", "seoyun"),
            ("가람", "garam"),
        ],
        family: &[
            ("남궁", "namgung"),
            ("선우", "sunwoo"),
            ("제갈", "jegal"),
            ("황보", "hwangbo"),
        ],
        family_first: true,
        between: "",
    },
    Script {
        language: "hi-IN",
        given: &[
            ("अनुराधा", "anuradha"),
            ("विक्रम", "vikram"),
            ("मीनाक्षी", "meenakshi"),
            ("ओमकार", "omkar"),
        ],
        family: &[
            ("वनवासे", "vanavase"),
            ("सागरकर", "sagarkar"),
            ("चंद्रपाल", "chandrapal"),
            ("हिमवंत", "himavant"),
        ],
        family_first: false,
        between: " ",
    },
];

/// A name for person number `index`: the first ones go through every script, the others are mostly Latin.
pub fn name(random: &mut Random, index: usize) -> (Name, &'static Script) {
    let script = match (index, random.below(100)) {
        (0..20, _) => &SCRIPTS[index % SCRIPTS.len()],
        (_, 0..58) => &SCRIPTS[0],
        (_, 58..80) => &SCRIPTS[1],
        _ => &SCRIPTS[2 + random.below(SCRIPTS.len() - 2)],
    };
    let (given, family) = (random.pick(script.given), random.pick(script.family));
    // "ë" is one letter or two code points; both are met in the wild, and a sync must not call them different people.
    let given_text = if given.0 == "Zoë" && random.percent(50) {
        "Zoe\u{308}".to_owned()
    } else {
        given.0.to_owned()
    };
    let display = if script.family_first {
        format!("{}{}{given_text}", family.0, script.between)
    } else {
        format!("{given_text}{}{}", script.between, family.0)
    };
    let name = Name {
        given: given_text,
        family: family.0.to_owned(),
        display,
        address: format!("{}.{}", given.1, family.1),
    };
    (name, script)
}

/// A name as long as Entra lets it be: given and family name of 64 letters at most.
pub fn long_name() -> Name {
    let given = "Maximiliana Theodora Wilhelmina Seraphina Apollonia Clementine".to_owned();
    let family = "von und zu Hohenwaldenburg-Schreckenbergstein-Oberniederhausen".to_owned();
    Name {
        display: format!("{given} {family}"),
        given,
        family,
        address: "maximiliana.von-und-zu-hohenwaldenburg".to_owned(),
    }
}
