"""A DNS server on a free port of this machine that says what its script says, over UDP and TCP."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset


@dataclass
class ScriptedDns:
    """What the server says, and what it was asked. Names are written without the last dot.

    Attributes:
        records: presentation form of the records by name and type: `{("example.org", "MX"): ["10 mx.example.org."]}`.
        failing: rcode by name ("*" for every name), instead of an answer.
        silent: names ("*" for every name) about which nothing is said at all.
        truncated: names whose answers do not go into a datagram.
        asked: name, type and way ("udp" or "tcp") of each question.
    """

    records: dict = field(default_factory=dict)
    failing: dict = field(default_factory=dict)
    silent: set = field(default_factory=set)
    truncated: set = field(default_factory=set)
    asked: list = field(default_factory=list)
    port: int = 0

    @property
    def nameservers(self):
        return (f"127.0.0.1:{self.port}",)

    def txt(self, name, *texts):
        """Publish TXT records; a tuple is one record in several strings."""
        strings = [(text,) if isinstance(text, str) else text for text in texts]
        self.records[name, "TXT"] = [" ".join(f'"{part}"' for part in parts) for parts in strings]

    def answer(self, wire, way):
        """The octets to send back, None for silence."""
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind, way))
        if {name, "*"} & self.silent:
            return None
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        rcode = self.failing.get(name) or self.failing.get("*")
        if rcode:
            response.set_rcode(dns.rcode.from_text(rcode))
        elif way == "udp" and name in self.truncated:
            response.flags |= dns.flags.TC
        else:
            self._fill(response, name, kind)
        return response.to_wire()

    def _fill(self, response, name, kind):
        alias = self.records.get((name, "CNAME"))
        if alias and kind != "CNAME":
            response.answer.append(_rrset(name, "CNAME", alias))
            self._fill(response, alias[0].rstrip("."), kind)
        elif (name, kind) in self.records:
            response.answer.append(_rrset(name, kind, self.records[name, kind]))
        elif not any(known == name or known.endswith(f".{name}") for known, _ in self.records):
            response.set_rcode(dns.rcode.NXDOMAIN)


def _rrset(name, kind, texts):
    return dns.rrset.from_text_list(dns.name.from_text(name), 300, "IN", kind, texts)


@contextmanager
def dns_server():
    """A server at work; gives its script."""
    script = ScriptedDns()
    datagrams, connections = _sockets()
    script.port = datagrams.getsockname()[1]
    stopped = threading.Event()
    threads = [
        threading.Thread(target=_serve_udp, args=(script, datagrams, stopped)),
        threading.Thread(target=_serve_tcp, args=(script, connections, stopped)),
    ]
    for thread in threads:
        thread.start()
    try:
        yield script
    finally:
        stopped.set()
        for thread in threads:
            thread.join(5)
        datagrams.close()
        connections.close()


def _sockets():
    """One port that is free for both ways."""
    for _ in range(20):
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        datagrams.bind(("127.0.0.1", 0))
        connections = socket.socket()
        try:
            connections.bind(datagrams.getsockname())
        except OSError:
            datagrams.close()
            connections.close()
            continue
        connections.listen()
        datagrams.settimeout(0.05)
        connections.settimeout(0.05)
        return datagrams, connections
    raise AssertionError("no port is free for UDP and TCP")


def _serve_udp(script, datagrams, stopped):
    while not stopped.is_set():
        with suppress(TimeoutError):
            wire, sender = datagrams.recvfrom(4096)
            answer = script.answer(wire, "udp")
            if answer:
                datagrams.sendto(answer, sender)


def _serve_tcp(script, connections, stopped):
    while not stopped.is_set():
        with suppress(TimeoutError):
            connection, _ = connections.accept()
            with connection, connection.makefile("rb") as stream:
                connection.settimeout(5)
                (size,) = struct.unpack("!H", stream.read(2))
                answer = script.answer(stream.read(size), "tcp")
                if answer:
                    connection.sendall(struct.pack("!H", len(answer)) + answer)
