"""Answers by others' code, a line for a line: `hmac` of the standard library, check digits by python-stdnum.

    pseudonym KEYHEX LETTER NAMEDHEX   the pseudonym
    shift KEYHEX PSEUDONYM MOST KEPT   the days
    check KIND VALUE                   1 or 0
"""
import hashlib, hmac, sys

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def times(a, b):
    product = 0
    while b:
        if b & 1:
            product ^= a
        a <<= 1
        if a & 32:
            a ^= 0b100101
        b >>= 1
    return product


def power(exponent):
    value = 1
    for _ in range(exponent):
        value = times(value, 2)
    return value


def pseudonym(key, letter, named):
    code = hmac.new(key, b"epic pseudonym 1\0" + letter.encode() + named, hashlib.sha256).digest()
    body = int.from_bytes(code[:8], "big") >> 4
    signs = letter + "".join(ALPHABET[body >> 5 * at & 31] for at in range(11, -1, -1))
    # Weights: the last of these counts the generator once, the one before it twice, and so on.
    check = 0
    for at, sign in enumerate(reversed(signs)):
        check ^= times(power(at + 1), ALPHABET.index(sign))
    signs += ALPHABET[check]
    return "-".join([signs[0], signs[1:5], signs[5:9], signs[9:13], signs[13]])


def shift(key, named, most, kept):
    message = b"epic date shift 1\0" + bytes([kept]) + most.to_bytes(2, "big") + named.replace("-", "").encode()
    drawn = int.from_bytes(hmac.new(key, message, hashlib.sha256).digest()[:8], "big")
    step = 7 if kept else 1
    choices = [at * step for at in range(-(most // step), most // step + 1) if at]
    return choices[drawn * len(choices) >> 64]


def check(kind, value):
    from stdnum import iban, luhn
    from stdnum.gb import nhs
    from codicefiscale import codicefiscale
    from stdnum.it import iva
    valid = {"cf": codicefiscale.is_valid, "iban": lambda text: iban.is_valid(text, check_country=False),
             "luhn": luhn.is_valid, "nhs": nhs.is_valid, "iva": iva.is_valid}
    return int(valid[kind](value))


for line in sys.stdin:
    verb, *words = line.split()
    if verb == "pseudonym":
        print(pseudonym(bytes.fromhex(words[0]), words[1], bytes.fromhex(words[2])))
    elif verb == "shift":
        print(shift(bytes.fromhex(words[0]), words[1], int(words[2]), int(words[3])))
    else:
        print(check(*words))
