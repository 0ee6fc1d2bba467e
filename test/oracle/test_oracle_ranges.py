# SPDX-License-Identifier: Apache-2.0
"""Ranges against Python's ipaddress: look-ups in random sets, and lines in usual and in odd spellings."""
import ipaddress

from oracle import ROUNDS, Differences, ask

LOOK_UPS, LINES = 100_000 * ROUNDS, 20_000 * ROUNDS


def random_network(chance, blocks):
    """Near others, so that they touch, overlap and contain each other."""
    block = chance.choice(blocks)
    bits = block.max_prefixlen
    length = min(bits, chance.choice([block.prefixlen + chance.randint(0, 6), chance.randint(block.prefixlen, bits), bits]))
    number = int(block.network_address) + (chance.randrange(block.num_addresses) if chance.random() < 0.5
                                           else chance.randrange(min(64, block.num_addresses)) << max(0, bits - length - 3)) % block.num_addresses
    return ipaddress.ip_network((number >> bits - length << bits - length, length))


def random_blocks(chance):
    def block(bits, least):
        length = chance.randint(least, bits - 2)
        return ipaddress.ip_network((chance.getrandbits(length) << bits - length, length))
    # All that is mapped to IPv6 may be in a set by way of its parents.
    return [block(32, 8), block(32, 20), block(128, 16), block(128, 60), ipaddress.ip_network("::/16")]


def number_near(chance, networks, bits):
    """An address at an edge of a range, inside it, or anywhere."""
    network = chance.choice([n for n in networks if n.max_prefixlen == bits] or networks)
    number = int(chance.choice([network.network_address, network.broadcast_address])) + chance.choice([-1, 0, 0, 1, 2, -2])
    if chance.random() < 0.3:
        number = int(network.network_address) + chance.randrange(network.num_addresses)
    if chance.random() < 0.05:
        number = chance.getrandbits(bits)
    return number % 2 ** bits


def contains(networks, address):
    return int(any(address in network for network in networks if network.version == address.version))


def look_up(chance, networks):
    """A question, and the answer of ipaddress."""
    if chance.random() < 0.1:
        wanted = random_network(chance, networks)
        union = ipaddress.collapse_addresses(n for n in networks if n.version == wanted.version)
        return ("covers", wanted), int(any(wanted.subnet_of(n) for n in union))
    bits = chance.choice([32, 128])
    address = {32: ipaddress.IPv4Address, 128: ipaddress.IPv6Address}[bits](number_near(chance, networks, bits))
    if chance.random() < 0.3:
        return ("text", (str(address) if chance.random() < 0.5 else address.exploded).encode().hex()), contains(networks, address)
    raw = address.packed
    if bits == 32 and chance.random() < 0.5:  # as a dual-stack socket has it
        raw = bytes(10) + b"\xff\xff" + raw
    if len(raw) == 16:
        address = ipaddress.IPv6Address(raw).ipv4_mapped or address
    return ("bytes", raw.hex()), contains(networks, address)


def test_a_set_contains_what_ipaddress_says(chance):
    questions, expected = [], []
    while len(questions) < LOOK_UPS + LOOK_UPS // 250:
        blocks = random_blocks(chance)
        networks = [random_network(chance, chance.sample(blocks, 2)) for _ in range(chance.choice([1, 2, 5, 20, 40]))]
        questions.append(("set", *networks))
        expected.append(None)
        for _ in range(250):
            question, answer = look_up(chance, networks)
            questions.append(question)
            expected.append(answer)
    answers = [int(x[0]) for x in ask("ranges", questions)]
    wrong = [(q, a, e) for q, a, e in zip(questions, answers, expected) if e is not None and a != e]
    inside = sum(x or 0 for x in expected)
    print(f"{len(questions)} look-ups, {inside} inside")
    assert not wrong, wrong[:10]
    assert inside > LOOK_UPS / 10


def usual(chance):
    if chance.random() < 0.5:
        text = str(ipaddress.IPv4Address(chance.getrandbits(32)))
    else:
        address = ipaddress.IPv6Address(chance.getrandbits(128) & chance.choice([-1, -1 << 64, -1 << 96, 0xffff << 112, 0xffffffff, 1 << 127]))
        text = chance.choice([str(address), address.exploded, str(address).upper()])
        if chance.random() < 0.2:  # the last 32 bits as IPv4
            text = address.exploded[:30] + str(ipaddress.IPv4Address(int(address) & 0xffffffff))
        if chance.random() < 0.05:
            text = "::ffff:" + str(ipaddress.IPv4Address(chance.getrandbits(32)))
    bits = 128 if ":" in text else 32
    if chance.random() < 0.8:
        length = chance.randint(0, bits + (chance.random() < 0.05))
        if chance.random() < 0.8 and length <= bits:  # without host bits
            text = str(ipaddress.ip_network((int(ipaddress.ip_address(text)), length), strict=False))
        else:
            text += f"/{length}"
    return text


def spoil(chance, text):
    address, _, length = text.partition("/")
    spot = chance.randint(0, len(text))
    return chance.choice([
        lambda: text[:spot] + chance.choice("0123456789abcdefABCDEFgx:./%- \t\"'#\v\f\0\x7f\xa0\u0660\u3000*+_,;") + text[spot:],
        lambda: text[:spot] + text[spot + 1:], lambda: text[:spot], lambda: text[spot:], lambda: text + "/" + str(chance.randint(0, 128)),
        lambda: f"{address}/0{length}", lambda: f"{address}/+{length}", lambda: f"{address}/ {length}", lambda: f"{address} /{length}",
        lambda: f"{address}/{chance.choice(['255.255.255.0', '0.0.0.255', '255.0.255.0', '255.255.255.255', '0.0.0.0', '::', 'ffff::'])}",
        lambda: f"{address}%{chance.choice(['eth0', '1', '', 'a/b'])}{'/' + length if length else ''}", lambda: f"[{address}]/{length}",
        lambda: ".".join(address.split(".")[:3]), lambda: text.replace(".", ".0", 1), lambda: text.replace(":", ":0", 1),
        lambda: text.replace(":", "::", 1), lambda: "0x" + text, lambda: str(int(ipaddress.ip_address(address))),
        lambda: hex(int(ipaddress.ip_address(address))), lambda: text.translate({ord("1"): "\u0661"}), lambda: text + ",", lambda: f"{text} {text}",
        lambda: f"{address}-{address}", lambda: "-" + text, lambda: text.replace(".", ":"), lambda: text.replace(".", "..", 1)])()


def dress(chance, text):
    """What a list may have around a range."""
    before, after = chance.choice(["", "", " ", "\t", " \t "]), chance.choice(["", "", " ", "\t", "\r", " # comment", "#", " #1.2.3.0/24"])
    return before + text + after


def theirs(text):
    """The network of a word; None: it is none."""
    try:
        return str(ipaddress.ip_network(text, strict=True))
    except ValueError:
        return None


def undressed(line):
    return line.partition("#")[0].strip(" \t\r\v\f")


def network_of(word):
    return ipaddress.ip_network(word)


# (name, our answer, whether it is that one): all that we refuse and ipaddress takes, and nothing else.
KNOWN = [
    ("too wide", None, lambda word: network_of(word).prefixlen < {4: 8, 6: 16}[network_of(word).version]),
    ("IPv4-mapped", None, lambda word: network_of(word).version == 6 and network_of(word).network_address.ipv4_mapped is not None),
    ("a netmask", None, lambda word: "." in word.partition("/")[2]),
    ("a zone index", None, lambda word: "%" in word),
    ("a length with a zero", None, lambda word: word.partition("/")[2][:1] == "0" and len(word.partition("/")[2]) > 1),
]
ALL_KNOWN = ["1.0.0.0/1", "::ffff:1.2.3.4", "1.2.3.0/255.255.255.0", "fe80::1%eth0", "1.2.3.4/032"]


def ours(answer):
    text = "\t".join(answer)
    return None if text.startswith("!") else str(ipaddress.ip_network(text))


def test_a_line_is_read_as_ipaddress_reads_it(chance):
    words = ALL_KNOWN + [usual(chance) for _ in range(LINES)]
    words = [spoil(chance, word) if i >= len(ALL_KNOWN) and chance.random() < 0.5 else word for i, word in enumerate(words)]
    lines = [dress(chance, word) for word in words]
    questions = [("list", line.encode().hex()) for line in lines]
    differences, good = Differences(KNOWN, always=True), 0
    for line, answer in zip(lines, ask("ranges", questions)):
        expected = theirs(undressed(line))
        good += expected is not None
        differences.compare(undressed(line), ours(answer), expected)
    print(f"{len(lines)} lines, of which ipaddress takes {good}")
    differences.check()
    # A word of a directive: the same, with nothing around it. It has no NUL.
    words = [word for word in words if "\0" not in word]
    for word, answer in zip(words, ask("ranges", [("word", word.encode().hex()) for word in words])):
        differences.compare(word, ours(answer), theirs(word))
    differences.check()


def test_a_list_is_taken_whole_or_not_at_all(chance):
    lists = []
    for _ in range(500 * ROUNDS):
        lines = [dress(chance, usual(chance)) if chance.random() < 0.9 else chance.choice(["", "# comment", "  ", "\t# x"])
                 for _ in range(chance.randint(1, 6))]
        if chance.random() < 0.3:
            lines[0] = dress(chance, spoil(chance, usual(chance)))
        lists.append(chance.choice(["\n", "\r\n"]).join(lines) + chance.choice(["", "\n", "\r\n"]))
    words = [[w for w in map(undressed, text.split("\n")) if w] for text in lists]
    single = iter(ask("ranges", [("list", w.encode().hex()) for x in words for w in x]))
    expected = [[ours(next(single)) for _ in x] for x in words]
    taken = 0
    for text, parts, answer in zip(lists, expected, ask("ranges", [("list", text.encode().hex()) for text in lists])):
        found = "\t".join(answer)
        whole = bool(parts) and None not in parts
        taken += whole
        assert found.startswith("!") != whole, (text, found)
        assert not whole or [str(ipaddress.ip_network(x)) for x in found.split(",")] == parts, (text, found)
    assert 20 < taken < len(lists) - 20
