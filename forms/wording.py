"""What loading a definition says, in Chinese: by the English sentence, with its names kept."""

from __future__ import annotations

import re
from functools import cache

A = r"(.+?)"
CHINESE: tuple[tuple[str, str], ...] = (
    # the shape
    ("Unknown field.", "没有这个键"),
    ("Missing data for required field.", "缺了这一项"),
    ("Invalid input type.", "写法不对，这里要的是 JSON 对象"),
    ("A definition is a JSON object.", "表单定义是一个 JSON 对象"),
    (f"Not a valid {A}.", "写法不对"),
    (f"Shorter than minimum length {A}.", "不能是空的"),
    (f"Must be one of: {A}.", "只能是：{0}"),
    (f"Must be greater than or equal to {A} and less than or equal to {A}.", "要在 {0} 与 {1} 之间"),
    (f"Must be greater than or equal to {A}.", "不能小于 {0}"),
    ("String does not match expected pattern.", "写法不对"),
    (
        "A name is letters, digits, _ and -, and begins with a letter or _.",
        "名称只能是字母、数字、_、-，以字母或 _ 开头",
    ),
    ("The name 'meta' is kept by XForms for itself.", "meta 是 XForms 自己用的名称；请换一个"),
    (f"There is no question type {A}.", "没有 {0} 这种题型"),
    (f"A text is written {A}.", "文字要按语言写：{0}"),
    ("Either true, false or an expression in quotes.", "写 true、false，或引号里的式子"),
    (f"A choice list is {A} or {A}.", "选项表写成 {0} 或 {1}"),
    ("Every choice needs a name (text) and a label.", "每个选项都要有 name（文字）和 label"),
    (f"Media are {A}: {A}.", "媒体写成 {0}：{1}"),
    (f"Groups are nested deeper than {A} levels.", "组套得太深，最多 {0} 层"),
    # names and texts
    (f"The name {A} is there twice.", "名称 {0} 用了两次；请改名"),
    (f"The choice {A} is there twice.", "选项 {0} 重复了；请改名，或删去一个"),
    (f"The text is missing in {A}.", "缺 {0} 的文字"),
    ("A question that people see needs a label.", "给人看的题要有标题（label）"),
    ("A warning needs its text.", "软提醒要写提醒的话（warn_message）"),
    (f"A {A} needs questions.", "{0} 里要有题目"),
    (f"A {A} holds no questions.", "{0} 里不能套题目"),
    (f"A {A} has no repeat_count.", "{0} 没有行数（repeat_count）"),
    ("A select needs a choice list.", "选择题要有选项表"),
    (f"There is no choice list {A}.", "没有选项表 {0}；请核对写法，或在 choices 里加上"),
    ("A choice list needs choices.", "选项表里要有选项"),
    (
        f"{A} has a space in it, and several choices are joined by spaces.",
        "选项名 {0} 里有空格，而多选的答案用空格隔开；请改名",
    ),
    (f"There is no code list {A}.", "没有共用代码表 {0}"),
    (f"The code list {A} has no {A}.", "代码表 {0} 里没有 {1}"),
    (f"There is no workflow {A}.", "没有流程表 {0}"),
    (f"There is no use {A}.", "没有 {0} 这种用途"),
    (f"There is no role {A}.", "没有 {0} 这个角色"),
    (f"The workflow has no act {A}.", "流程里没有 {0} 这一步"),
    ("A calculate needs a calculation.", "calculate 题要写算式（calculation）"),
    ("A trigger needs the calculation that it sets off.", "写了 trigger，就要有它引起的算式（calculation）"),
    ("The question's own answer cannot decide whether it is asked.", "一道题问不问，不能看它自己的答案"),
    (f"It depends on itself: {A}.", "绕了一圈又要用到自己：{0}"),
    # what follows a published version
    (
        f"{A} comes with this software: number your own versions from {A}.",
        "{0} 是软件自带的表单；自己改编的版本号从 {1} 起",
    ),
    (f"The form is larger than {A} MiB: shorten its choice lists.", "表单超过 {0} MiB；请精简选项表"),
    (f"Version {A} is published; the next one is greater.", "第 {0} 版已发布；新版本的版本号要更大"),
    (f"A form of kind {A} stays one.", "{0} 类的表单不能改成另一类"),
    (
        f"{A} is {A} in version {A}: take another name, or declare a migration.",
        "{0} 在第 {2} 版里是 {1}；请换一个名称，或写明答案怎么搬（migration）",
    ),
    ("This version has no such question.", "这个版本里没有这道题"),
    (f"The repeat {A} was not there before; migrate it as a whole.", "重复组 {0} 以前没有；请整组搬"),
    (f"{A}. The expression reads version {A}.", "式子读的是第 {1} 版：{0}"),
    (f"The migration gives {A}.", "照写的搬，得到的是 {0}"),
    # choices from a repeat
    (
        f"{A} is no question in a repeat, whose rows could be offered.",
        "{0} 不是重复组里的题；选项只能取自重复组的各行",
    ),
    (
        f"{A} lies in a repeat inside another one that this question is not in.",
        "{0} 在套着的重复组里，而这道题不在外面那一组里",
    ),
    (
        f"Only a select_one takes its choices from a repeat: {A}.",
        "只有单选（select_one）的选项可以取自重复组：{0}",
    ),
    # references
    (f"{A}: there is no question of that name.", "{0}：没有这个名称的题；请核对写法"),
    (f"{A}: several questions have that name.", "{0}：有几道题叫这个名称；请改名"),
    (
        f"{A} lies in the repeat {A}: read it with sum(), count(), join(), indexed-repeat() ….",
        "{0} 在重复组 {1} 里，有许多行；请用 sum()、count()、join()、indexed-repeat() 等来读",
    ),
    (f"{A}: a question is written {A}, a text in quotes.", "{0}：题目写成 {1}，文字要加引号"),
    (f"{A}: the choice list {A} has no such column.", "{0}：选项表 {1} 没有这一列"),
    (f"the path {A} leads to no question.", "路径 {0} 找不到题目"),
    (f"instance({A}): there is no such choice list.", "instance({0})：没有这个选项表"),
    (f"instance({A}) is read as {A} only.", "instance({0}) 只能写成 {1}"),
    ("a trigger is the reference of another question: ${question}.", "trigger 写别的题：${{question}}"),
    # functions
    (f"{A}() is not a function of this language.", "没有 {0}() 这个函数；请核对写法"),
    (f"{A}() takes {A} to {A} arguments, here are {A}.", "{0}() 要 {1} 到 {2} 个参数，这里有 {3} 个"),
    (f"{A}() takes {A} or more arguments, here are {A}.", "{0}() 至少要 {1} 个参数，这里有 {2} 个"),
    (f"{A}() takes {A} arguments, here are {A}.", "{0}() 要 {1} 个参数，这里有 {2} 个"),
    (f"{A}(): there is no repeat here.", "{0}()：这里不在重复组里"),
    ("duration() needs a question of type start.", "duration() 要表单里有一道 start 题"),
    (f"jr:choice-name() takes {A}.", "jr:choice-name() 要一个值和引号里的题目：'${{question}}'"),
    (f"jr:choice-name(): {A} has no choices.", "jr:choice-name()：{0} 没有选项"),
    ("indexed-repeat() takes a question, a repeat, a number, ….", "indexed-repeat() 要题目、重复组、行号……"),
    (f"regex(): {A}.", "regex() 的写法不支持：{0}"),
    # what is no expression
    ("the expression ends where a value should be.", "式子没写完，后面缺一个值"),
    (f"expected {A}, met the end at character {A}.", "第 {1} 个字符处缺 {0}"),
    (f"expected the end, met {A} at character {A}.", "第 {1} 个字符处的 {0} 多余，或前面缺运算符"),
    (f"expected {A}, met {A} at character {A}.", "第 {2} 个字符处应是 {0}，写的是 {1}"),
    (f"unexpected {A} at character {A}.", "第 {1} 个字符 {0} 不该出现"),
    (f"the quote opened at character {A} is not closed.", "第 {0} 个字符处的引号没有收尾"),
    ("${} names no question.", "${{}} 里要写题目名称"),
    (f"a path needs a name at character {A}.", "第 {0} 个字符处，路径里缺名称"),
    (f"nested deeper than {A} levels at character {A}.", "括号套得太深，最多 {0} 层"),
    (f"more than {A} operands in a row.", "一串里超过 {0} 项"),
    # patterns
    (f"unmatched ')' at character {A}.", "第 {0} 个字符处的 ) 多余"),
    ("the pattern ends too early.", "没写完"),
    (f"nothing to repeat before {A}.", "{0} 前面没有可重复的"),
    ("nothing to repeat.", "没有可重复的"),
    ("a repetition inside a repetition, such as (a+)+, is refused.", "重复里不能再套重复，如 (a+)+"),
    ("a repetition of a repetition is refused.", "重复不能再重复"),
    (f"the repetition {A} is out of bounds.", "重复次数 {0} 太大或写反了"),
    (f"the pattern is too large (over {A} steps).", "太长（超过 {0} 步）"),
    ("of the groups with (?, only (?:…) is known.", "(? 开头的只认 (?:…)"),
    ("a '(' is not closed.", "( 没有收尾"),
    (f"{A} is not known here.", "这里不认 {0}"),
    (f"an escape by number needs {A} hex digits.", "编码要写 {0} 位十六进制数"),
    ("a range in [] is the wrong way round.", "[] 里的范围写反了"),
    ("nested too deep.", "括号套得太深"),
    # functions of other tools
    (
        "to-bikram-sambat() belongs to the CHT and has no meaning here.",
        "to-bikram-sambat() 是 CHT 的，这里没有",
    ),
    (
        "parse-timestamp-to-date() belongs to the CHT; a date is written as a date here.",
        "parse-timestamp-to-date() 是 CHT 的；日期就写成日期",
    ),
    (
        "cht:extension-lib() runs outside code, which forms may not.",
        "cht:extension-lib() 要运行外来程序，表单不可以",
    ),
    (
        "z-score() needs the CHT's growth tables, which are not here.",
        "z-score() 要 CHT 的生长发育表，这里没有",
    ),
    (f"{A}() is written {A} here.", "{0}() 在这里写成 {1}"),
    (
        "jr:itext() reads a table of ODK's own; write ${question} or jr:choice-name().",
        "jr:itext() 读的是 ODK 自己的表；请写 ${{question}} 或 jr:choice-name()",
    ),
    (f"{A}() has no meaning here.", "{0}() 在这里没有意义"),
    (
        f"{A}() belongs to SurveyCTO; calculate {A} in each row and sum() it.",
        "{0}() 是 SurveyCTO 的；请在每行算出来，再用 sum() 加起来",
    ),
    ("geofence() is not there; check a place against a code list.", "没有 geofence()；请用代码表核对地点"),
    ("intersects() is not there; check the line when it is reviewed.", "没有 intersects()；线由审核的人核对"),
)
"""By what English sentences look like, with what stands in them, the Chinese one."""


def in_chinese(said: str) -> str:
    """A sentence of `load` in Chinese; as it is where there is no Chinese for it."""
    for pattern, chinese in _patterns():
        match = pattern.fullmatch(said)
        if match:
            return chinese.format(*match.groups())
    return said


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    found = []
    for english, chinese in CHINESE:
        parts = map(re.escape, english.split(A))
        found.append((re.compile(A.join(parts), re.DOTALL), chinese))
    return found
