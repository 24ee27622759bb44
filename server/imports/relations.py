"""The words a roster uses for the relation to the head of a household, and the codes of GB/T 4761 they stand for."""

from __future__ import annotations

_WORDS = {
    "01": "本人", "10": "配偶 爱人", "11": "夫 丈夫", "12": "妻 妻子", "20": "子 儿子", "21": "独生子", "22": "长子 大儿子",
    "23": "次子 二儿子", "24": "三子", "27": "养子 继子", "28": "女婿", "30": "女儿 女", "31": "独生女", "32": "长女 大女儿",
    "33": "次女 二女儿", "34": "三女", "37": "养女 继女", "38": "儿媳 媳妇 儿媳妇", "41": "孙子 孙", "42": "孙女", "43": "外孙子 外孙",
    "44": "外孙女", "50": "父母", "51": "父亲 父 爸爸", "52": "母亲 母 妈妈", "53": "公公", "54": "婆婆", "55": "岳父", "56": "岳母",
    "61": "祖父 爷爷", "62": "祖母 奶奶", "63": "外祖父 外公", "64": "外祖母 外婆", "71": "兄 哥哥 哥", "73": "弟 弟弟", "75": "姐 姐姐",
    "77": "妹 妹妹", "72": "嫂 嫂子", "74": "弟媳", "93": "侄子 侄", "94": "侄女", "95": "外甥", "96": "外甥女", "97": "其他亲属 亲属 亲戚",
    "99": "非亲属 租客 保姆 合租",
}  # fmt: skip

RELATIONS = {word: code for code, words in _WORDS.items() for word in words.split()}
"""Word → code of CL_REL_HEAD."""

_MALE = "11 20 21 22 23 24 27 28 41 43 51 53 55 61 63 71 73 93 95".split()
_FEMALE = "12 30 31 32 33 34 37 38 42 44 52 54 56 62 64 72 74 75 77 94 96".split()
SEX_OF_RELATION = {code: sex for codes, sex in ((_MALE, "1"), (_FEMALE, "2")) for code in codes}
"""The sex (CL_SEX) that a relation leaves no doubt about."""
