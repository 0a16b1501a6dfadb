"""Code of before that makes the same data as that of now: what it generated stays in use.

A change of a problem's code makes its data stale, since nobody can tell what it changed. Where it
only reads, counts or refuses what ended in an error before, the data is the same to the byte, and
making it again may take hours. Whoever changes such code enters that here: an entry counts for the
very code that it was made for, and is idle after the next change.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SAME_DATA: Final[Mapping[str, tuple[str, ...]]] = {
    "mini_speech": (
        "d35aa5b8aafed48982f84c2be5e3cd1280df6dbe221bd368235077b2bb4ac079",
        "b733679010345393558902b1e208ef27b65fbe04a0387221f0283bed6e5eef16",
    ),
    "librispeech": (
        "416e0ec35889ff4263157d73a944327ce655fd42b829b90d1acf799eb3c806fd",
        "461e8a19a5cbf8190e203ab60e2a0a6698d08aa38edd1c7aac1455bb73e112d6",
        "a8f39ca6aeaf8e29e13a92d177247000daaa392f1e9e06338e2eaf92e07d81bd",
        "237138a73d910320c369ea9a17c569becb20745aede96a8802f8caba5bbe62a5",
        "14127d17dfe190289b2fe979b7c13ead5cab5b5532021a1a26db1fc23ad24038",
        "f56e6b0c1315976887887bf16b908f86bcf82d76c1b74e7724252fa1e8a0d1d3",
        "8330857a6f85fb7e1363ab7a22b78bf31c03f7e646ad8ab9d495f9ee631fbb03",
    ),
    "librispeech_100": (
        "b03f902885ee6735c7cb3f150d542b2ac1ce3a90046256298314f0c031dbacc0",
        "73bab5a1f1f32f8f8eec4306de211d2d757b6cecf1bf9caf2a3f3c1e6443a6df",
        "1004f1ced8acf2bd64d53601fb0972a3e0dcf946148aef120f50e2ec5d26dc03",
        "144562c015634fb4ba386611789de82e5ff41dadd70afda216c0b77c0736b209",
        "aba706ad1c976337ee1c79354f73c0f4627a9e19997dfd6cc16448f39562b681",
        "57d7e962f342bf3bbdc052b47476560a8f69bbe47e4d7a68c083003328427b31",
        "7c3c5eed878d7910e453c5c1fecf3dcf2eaa4a3776269aabe0343acb9c1a2307",
    ),
    "wsj_speech": (
        "d5a6df81446239ef9cb19e19573752cdf1d4d5c639eaf915f8ea0f045159bdcf",
        "bda42d3f7b76ad752ec641f64abd2645e14db8c261740997c88b49e4da0a209e",
        "cc7688ffbd5c7553a55b976018e22caed1a4def52338bc958b220f436c8a7534",
        "0b911dcd7f4151086fbbfaba1abafdaec346dd9e13b0ee1769254bd309a4364c",
        "813a11ca39cdb720e76f5b9df5ed0472f112e023a058e22780d76633cca91037",
        "f09b2c8e2b7ab5053e9b1b16d4e160f3a10fd048b40efcabf2839a8d1ad19602",
        "227a1e8a84dc13a29fb201143c0e39b578cf85abc2d12616d9658ca68c1562fd",
    ),
    "wsj_speech_si84": (
        "addba8c80e6196449788e611cb504461574dd3206e3dcdf9eff82a2482270219",
        "08c23ded0caf0a32485774d5cacd4c4c89a70d4396d6bf35a78d398212c5f5a5",
        "4c58efa32f39c748de8731a7856652cc017b3424e9cd5b306502e2b90d04220b",
        "6aee10ca659291827f30b885031bb8996c6193e88806046b1c404418e9aecbf3",
        "3fc5290e8805d7887ce215034bbb22084f7b84f45bc7bd3842a1b8c2b3a3d996",
        "877b017ae82953a5ca354cd2b6746cd436f0bb7b4546b8f86b42593178024198",
        "adcf2403a63d8e69860b177ff9cb94d5fb9c4b4282635adb31778dbb9a2e302e",
    ),
    "wsj_parse": (
        "998d96d61d0fead2ca83a0477cadfcce2ca1ebf43679fc3c45a41a6a46d2d340",
        "dafd9344b7a5cb95c4a494d41d6fb601cb53dc54b766b5f5c7fbf6fa9a651553",
        "5e5711343381e4221e07e28378c3a898168ac3e27775658d6bd214e23b4ff3ad",
    ),
    "tree_files": (
        "9da47a128ef9c85a33dac76faf8083eaf50921e24456dad744213114be951df7",
        "8831436e87db24117bfc844a52c48c5d210db9f3e6e0128e2ffdc3e95d78ab8e",
        "57cbee5165283786a23c0419a781930d58a15f7446be6e44fd4e19af2c57fc1f",
        "83fea7c622442e448c4afa3a1719f189f7d86f3076a3ab3ad07cc4448c240451",
    ),
    "wmt_ende": (
        "39ae76438f2efd8dddc69b62c2a3870823569b40041eba476be87fe8982b5ae7",
        "cfed677fc7fa3b3e7fd7c00d2e4dee0080576ed6ef259d9ff107b51185b97ca7",
        "76a63cf167c7ef87c6c4d191a0b5b34732d58dbd50c5f543373e33f1683874ac",
    ),
    "wmt_enfr": (
        "88c5295ff04d5eefbd08c5fcc92c5bad56159a331c2225e5a998c45dae0542ba",
        "eae76b28a611cdc8c086ba934f458f9f6e497c29b1aafe6b42c0efab6b02b713",
        "11cd0d17ffbad2a38a746296b13ff19eeb9e698beb422f99c324c7b3b714e529",
    ),
    "wmt_defr": (
        "60b94d78269eca7971c16d9b25da370b10664ff280d7ec923e84b3471d894680",
        "09110c42c4dee9251652cab1189424c3472a38645694e6af125ae910eea404d0",
        "43c8aa3d75c36584018cfadb08c77faa92a6e226ead75e87d9dd2c9cf9369a01",
    ),
    "text2text_files": (
        "915b26e8879ae996cd44177064f4b4b4e7143e74c8a488648cd234b4d3eca0c1",
        "ddcbb55a03e0a725e90a5b2fbbdb7d2221e5d6aee7a5658cb0616f6d5ea2b509",
        "12ee08b18f49fb9e7249085fbe487aa3893b58c1e7c9a738d54fbd08bb0f2b81",
        "4c0c7fb391ebf2b49540e812b0d67032592940c340c54c09101d0659c52fb072",
        "f7d1feec25ac2f94cec5ceb0c829446a2cc68353199e6f0118724cb9ed2eba8e",
        "e9c7ba178fdcd7acf768886ca89df38a99f1b997139289b08c58113d7b61a799",
        "36a5ae4373f36473cf95348bcd9c1b34efcc287dfdc751483bd01b482848da18",
        "31dca7dfd6c117a6f94f6f1092493d03fa10c407a74554958e5ffe11d05cae44",
        "f550c42b94940d51f0d189ec8c02bf7ced7a03c7261bcddc0b76eba326b23b2c",
        "8f8e4a4ea24c3b877c7aa8575cb4afb0fb042912a440359c4b822e961c5f298a",
        "eb27b78004737fb39ffbddac73edd85d5b9256e17f182c32ff94db7530e13826",
        "64f79c427ca1b331a0e52b19a719f63974647a393144c70c7194a73925496843",
    ),
    "text2text_references": (
        "a26039f04633bf7218ea9cf22ac20157098b995691a6b8b883c1434aec45b869",
        "fa217c6f02827c07070c1a3507a3fbb7bc20888f715884cadf248cb64626d5f9",
        "37515f9a9089e7b9cb0d6c55d347090c85a67698032406efec8011903233d9ca",
        "1f739db09e9cb8f321e5086ffbf44617f5c2c1c17c57640cf5f25fa7f820fd21",
        "4135bc75a4cc7e981d0ffbe80ca4b7b7cdb305e8094257e24bd78ff9beb0ed87",
        "65f5d07613d171c49ba74e95f053732ee131b0f800d8c1b42ee06e6377473c08",
        "65f102ee17f982fca81720cf2112eac22d7ebb1040aa1bb678115734813884e0",
        "549abd059e9e2505bbac99f51922acfe1c6746b8af61dabf08ad2716a89403b3",
        "ddfc3d0f26b6e5b75b7068d2e88de3857af72ed2a6cb339c08543ca664a0d204",
        "3ce0253c54cd048fa2649cbb52775394d05d3ac058db6482ad79874e3613ac09",
        "6141fe41531cc8ec19eb1e4a7cf749a3352c4627e39a1b9d591cd42bf9802103",
        "1f8db0c76308f133438f368d6d20202f9660e3d062e1962b5c5009eb28fbe7d6",
    ),
    "tfds": (
        "27fa115aaf132db9a6197dc3553e037ac2072e8bc604baa499679d948b67b77b",
        "5a56184b24b3ab427c15b7bc5ddf8e6b6e0498bca2e31f51bc95f965b931196e",
        "1b98a10a5daac0ae63786116f816cb0130ea98d91e625ff1306b617908ed3a83",
        "6baf7e4ea5d1bd165920284f2251f37088aaecabedbc270d3d03cfbb2ce48f14",
        "bf99875a76683a491146488213db1d15404abe9f9cb8556f67153a40f2d35f76",
        "e63746da24c80c43770b14a5ac872367560422995cf9d7d37ba1cb2292c1e886",
    ),
    "image_folder": (
        "fad896f39ef82b7b54b9143ac508ac337821356ba97051b4d01851485ffa1ebe",
        "ef50bd8bfe872a5be7e437f637797f1ef6f4255e86ed045c911ff35fbe808fc6",
        "6abfe1cb1a95eb527db3a0bbc9d7953c3693868448303f12059a8f978859747a",
        "5854f2aea5f4b180ac3bcbe8db6964df46e1eb62b86cf9af556864f7ea07cb52",
        "5aee2844668ac3608d2748d57fa17478c8c9c8cdd33f5e49ce088d7a61285a5e",
        "7935682ba4b9fe2f4a3848c291b58437b4866a360f855273b86ec6bcc3319a6b",
        "e7df75067c3f6840e904d366c2975aaff0fb2e7d833dd94fe1e87efbf6d06203",
        "f125d9b5d8dff8f4a37bf81e5da80efb0418264944a0fefd36305a34e965b1dd",
        "a3a91ef0be88814043939a8cf3a8d3694c48c650f04cd39ef9698c606bd7e60c",
        "ab374b71f27f0d048538f8af055d3d0b86af29bb405c496d9e4c18325c2eb74e",
        "ccea78e4ce0c22a552879b8fa1e8e2fce273ca6212980bb370e4a0dcbe3e453f",
        "819cd357c86f501ad1d1c4f4f7cacc7582ed62d4248296b994c631887086d4d5",
    ),
    "audio_folder": (
        "ec97a4627c5472abcc63a71beabdd98ccd06207bb561da7689813b26ab38478f",
        "fbf5af48b0a29bd42a6c4352d3dd9c03521a802eb2581efeaf6ec0699c473b2e",
        "8a960ebae30baf9b22498a8c04e3151e5e71e995c9b5d8ebc8dde39988db23f5",
        "e8d00717da85ac7556c73985ac26cc831c53b15763a0395b21dcdf15215b1926",
        "84462738e409cd6078b4e079490e48f0de86ce22b207370ea32049c344c1c5c2",
        "135ce7a58d1074b3486fa0d0c2ce70b16f2c1128c3cdfdcb34bcb6cf284e1423",
        "87f7c16b0270a98f8d8ccc5eec2f5c2c034632c05e4160beffa2f91b079bbcf5",
        "69d175b6e47a4123d29235793b5283dcacb0106130967521f493e66bd71a015f",
        "58e9e1dae062412ce56f371aba60c9f5f14fdf8700efbe67142db7e270753c14",
        "86e8d16cf0951b6307bdfe3a691036e57e6480df9603d36701d15a1f27cfb291",
        "a5d181d60bd1a397973e877580f3815b68cd83c1702655d44d155523506522bb",
        "a76d4ebeba9b578f22ffb3f613c49a3aa1e060158a0f889e654b258f1cb9e1a7",
    ),
    "text_classification": (
        "3e0ac81861cf7f9f5c71b8ff32daf4d8ec26a080ce77345ee9e0a97133691be9",
        "c4a3226e25dd0a51664e3fd8e50377b3d7a28f5dd9ef2127a66cf46777e3433d",
        "b7d64c100ce00e756e347499b8df2bfd824e6785d2498b1b3d0255a51bcd26a6",
        "7ebebf311d3d8f9474f11c49980b160bee2c33251e1a249667e4cc38b1f62da9",
        "2537ceb1cb9d8f4a0d773ec203c822cce34b9deef800ba6eecf1741c563a80be",
        "cdd0bc079cc6cdc7878fcae8d59e69ff04f4df13c375845344d209cfe7e949d7",
        "910944d964d079b3ef8fd15d8e6114ff74589c45af8ced05f04e9b3eeee047e4",
        "e61abfbb1dca73a9415813a91d0dcfff274b2e7ec580bf4c4b9eb8fbb13e04c8",
        "b307fe0154ee8352c85fcdc4d606cba0cf04da602141152190aa7c4c3f9cd838",
        "f3128fb1c506398580dab32b127c5d63e4a179420d1c05531c98ff1388ffa406",
        "912584f06cecff98ec8e868c8450baedc3c7f6e862c7b7c7697c46645645aa40",
        "316f0a873a4989b6a3755be9edd076ed0cdfb46698564aaef5d5b4a9fe1bc202",
    ),
    "caption_files": (
        "1cc57f7b048c0d71db62fc938c39915a374100ce5b065224a7a9d846262020f9",
        "93999c8062376da2057fbd2228baecbff0f51c2f351889b2f5406ce2333fe95d",
        "3ab6a61c1b11ae1fd101e0847725bb1351a084e99db57d6c4443ec26f911ee95",
        "f47b241541d6bb2cbdd6a82b693c45f53f667650dbe61d4fc7a0fe564b3ef6b5",
        "be0b099d474d2b52d9fefcb49f96f288c8a28d3c3028a6d735c9e4b34b8dd9b1",
        "2a2e78e1b7e8d19036cdfe2869d7ed7be2b3f6ad2165c4015919b10d5a79dfb9",
        "222fc4245b55964998eb02954e13150074f54afd44f9ee46ef7e0b4edf3a8838",
        "e33aeaa6610b44af3f1fe7073ba0dbe1e5307e98036ed92a0d5094b2628fd76b",
        "349731c447dfc5e2f2f65c3529355ea5ac8f5dce4df80b67d5eb97f0197349f3",
        "2352d40f6f203a1169a8ed89b12080d077dd144212b082190e83ba799b496f0a",
        "0ad5eed61d28ed73f87971c390ab6833cd0956ca4a3280c0ff66f2dc43640c4b",
    ),
    "speech_files": (
        "3537b3708f3d3162790ae35e94d3ad7d96b753c95d1d98da2715667c2fa4164f",
        "01be6f0e93d72851e8fa5ab100496c31425a4fc3173287b91dac535256245111",
        "9ae88246a47863eb6954da054d0bb2bb632da76d5d125984211da7d668bc8077",
        "a73d4dc88e5806864b35425a0585d01b161853998a8bda7d0143e7c02eb8e397",
        "e0fcca678d2a6249012ad8b8a0dffe47f3ec7501673dca0053c64bf066cec685",
        "1b537a0f3f373733811cead3232baf8d99e5655aa60892164f0643238e4a6689",
        "513d472b383682dc52d31b8b9168fef6b1695f168db590c0d30208476d93d0e7",
        "60e3c91a94807ed6a6b08ced59487e7a1dc314ada7f260257df6f4e6fb5218f4",
        "6c5b5082b8ad9878bc837450f45d97d4d853a5fb16060c46e084eb678a183915",
        "4371674a13357f3bf2ca5c49cd310b6b73cfc2b5fdb3f3885ddca3246b9185d3",
    ),
    "coco_caption": (
        "33216aaf85fb2b1b544fcbcee984d0fbc265872e1f4705a5de07848920bab0c8",
        "992600655c8b8b9a5a307133138e6b7482802593082a28d95f3632e728dd4dd2",
        "aeab681938583276d4b6e8cdbe6bea79633b2b8f506bf94547b5e7a243020773",
        "69b146f8726a199f4b94ef0b932670eb822b9a25fa0faa1c7f6c7ba591cef037",
    ),
    "coco_caption_224": (
        "975122a60e2487c39aaae37838c83b727d5a66d95f904297f390f68b18d3619b",
        "9bcd5a7c99817fb3ef94b9f3f1fc239df1df6f6bc6298a14500697ec64640b77",
        "ae45b38bfa5adfdaad73b103a6f9315c8f548a6fd2f6af3bb0313b53a75153d9",
        "34d2902835b98d5429ceff21fd01edc73bd0c5859e4349222a532af47161826a",
    ),
    "coco_caption_64": (
        "7d882a745edfa4cf866b46ece6e958bbe206bcfa9cd9404c4b98fcff77185bbb",
        "5dfe0eea9f65cb0aebb62642a086a21e8c59df617f5aa1746244cc2728be5bd9",
        "60a906bad303a0342d7534ddabe0b84bd7c306211ac555c17d62cbe09e67674c",
        "17a894f442ba2598fc2e850d42f0366dc73310990e31c346a327869d170e8c7e",
    ),
    "imagenet": (
        "3d1dccc14a8c38d2fba7be605a5fd33274e267f9900f4b2ef95d64816d097875",
        "12de38123557b8546dee04100dd2911d7604b5dbf8924e09670ac3e4c6e2305c",
    ),
    "imagenet_224": (
        "90f863f07b186bb4c5cf8c346b310beab27dca52c525bd31a2d2bd19c1863ba9",
        "7c84a01eea6775c7169f88aad6b2dd786d581d3a012a88ee2935b1675446f4c4",
    ),
    "imagenet_64": (
        "1816a84be80d506a890a2ae7951c2d9442d042043ea2c718fba5dc82c070819f",
        "ececeb7e5ea25acb9e1f7982fc079d609c508051b38f6d0e5c80a675b4bdc851",
    ),
}
"""Problem -> the digest of its code now, and those of before whose data is the same."""

SAME_STORED: Final[Mapping[str, tuple[str, ...]]] = {
    "image": (
        "01355c9c0c0e5f9661368224dea2ba90983ac488d6d538ca66905cbba1055659",
        "70aa919db04d7ef07eb0b03c4267f894467856bfd0d45c9aafbef025a1260575",
        "7d97e77b469c5cf4f6ce3add58404b8a49e6c1ffebadd14d24fe828a8f0997da",
    ),
}
"""Kind of features -> the same of the code that makes its stored bytes."""


def is_same_data(stored: str, current: str) -> bool:
    """Return whether the data of code with one digest is that of another.

    Args:
        stored: The digest of the code that generated the data.
        current: The digest of the code now.

    Example:
        >>> now, before, *_ = SAME_DATA["librispeech"]
        >>> is_same_data(before, now), is_same_data(now, before)
        (True, False)
    """
    entries = (*SAME_DATA.values(), *SAME_STORED.values())
    known = (digests for digests in entries if digests[0] == current)
    return stored == current or any(stored in digests for digests in known)
