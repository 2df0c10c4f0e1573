"""What questions are made of besides what they ask about: it would match every document of a shop."""

# fmt: off
EMPTY_WORDS = frozenset((
    "a", "an", "and", "are", "at", "be", "by", "can", "could", "did", "do", "does", "for", "has", "have",
    "how", "i", "in", "is", "it", "its", "my", "of", "on", "or", "that", "the", "there", "this", "to",
    "was", "what", "when", "where", "which", "who", "why", "will", "with", "would", "you", "your",
    "가능한가요", "거", "것", "궁금", "궁금합니다", "궁금해요", "그", "누가", "더", "돼요", "되나요",
    "됩니까", "때", "몇", "무슨", "무엇", "뭐", "뭔가요", "수", "알려", "알려주세요", "어디", "어디서",
    "어떤", "어떻게", "언제", "얼마", "얼마나", "없나요", "왜", "이", "인가요", "인지", "있나요",
    "있습니까", "있어요", "잘", "저", "제", "좀", "주세요", "하나요", "합니까", "해요",
))

# Particles and endings of Korean words, the longest first.
ENDINGS = (
    "인가요", "한가요", "은가요", "되나요", "하나요", "있나요", "할까요", "될까요", "일까요", "합니까",
    "됩니까", "입니까", "이에요", "하려면", "했는데", "했나요", "됐나요", "에서", "으로", "에게", "까지",
    "부터", "처럼", "보다", "이나", "하고", "나요", "까요", "해요", "예요", "돼요", "하면", "되면",
    "인데", "한데", "해도", "하는", "되는", "하기", "은", "는", "이", "가", "을", "를", "의", "에", "로",
    "와", "과", "도", "만", "나", "한", "할",
)
# fmt: on
