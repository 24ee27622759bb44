"""Numbers with a check: GB 11643 citizen numbers, GB 32100 credit codes, telephone numbers."""

from __future__ import annotations

import re

from forms.days import day_number

REGIONS = ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83))
PROVINCES = frozenset(str(code) for low, high in REGIONS for code in range(low, high + 1))
ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
ID_CHECKS = "10X98765432"
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)

PHONE = re.compile(r"1[3-9][0-9]{9}|0[0-9]{2,3}-?[0-9]{7,8}(?:-[0-9]{1,6})?|\+[0-9]{6,15}")
PERSONAL = re.compile(r"(?<![0-9])(?:[0-9]{17}[0-9Xx]|1[3-9][0-9]{9})(?![0-9])")


def id_card_valid(text: str) -> bool:
    """A citizen number of 18 characters: known province, real date of birth, right check character (GB 11643)."""
    if not re.fullmatch(r"[0-9]{17}[0-9Xx]", text) or text[:2] not in PROVINCES:
        return False
    if day_number(int(text[6:10]), int(text[10:12]), int(text[12:14])) is None:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text[:17], ID_WEIGHTS, strict=True))
    return ID_CHECKS[total % 11] == text[17].upper()


def id_card_birth(text: str) -> str:
    """The date of birth in a valid citizen number, else ''."""
    return f"{text[6:10]}-{text[10:12]}-{text[12:14]}" if id_card_valid(text) else ""


def id_card_sex(text: str) -> str:
    """'1' male, '2' female (GB/T 2261.1) by the seventeenth digit of a valid citizen number, else ''."""
    return ("1" if int(text[16]) % 2 else "2") if id_card_valid(text) else ""


def credit_code_valid(text: str) -> bool:
    """A unified social credit code of 18 characters with its check character (GB 32100)."""
    code = text.upper()
    if len(code) != 18 or any(character not in CREDIT_ALPHABET for character in code):
        return False
    total = sum(
        CREDIT_ALPHABET.index(character) * weight
        for character, weight in zip(code[:17], CREDIT_WEIGHTS, strict=True)
    )
    return CREDIT_ALPHABET[(31 - total % 31) % 31] == code[17]


def phone_valid(text: str) -> bool:
    """A mobile or landline number of the mainland, or an international one that begins with +."""
    return PHONE.fullmatch(text) is not None


def has_personal_number(text: str) -> bool:
    """Whether a free text holds something like a citizen number or a mobile number."""
    return PERSONAL.search(text) is not None
