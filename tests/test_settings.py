"""`config.yaml` and the environment: what loads, what is refused, and that the refusal says where and how to mend it."""

from __future__ import annotations

import re
import shutil
from datetime import time, timedelta
from pathlib import Path

import pytest

from newsletter.core.refusal import ConfigurationRefused
from newsletter.settings import FolderTransport, SmtpTransport, load_settings
from newsletter.wiring import open_office

SHIPPED = Path(__file__).parents[1] / "config.yaml"
TOP_KEYS = re.findall(r"^([a-z_]+):", SHIPPED.read_text(encoding="utf-8"), re.MULTILINE)
HIDDEN = "correct-horse-battery"


@pytest.fixture
def folder(tmp_path):
    shutil.copy(SHIPPED, tmp_path / "config.yaml")
    return tmp_path


def edit(folder, before, after):
    """Write `after` where `before` stood, and give the line on which it stands."""
    path = folder / "config.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1
    path.write_text(text.replace(before, after), encoding="utf-8")
    return text[: text.index(before)].count("\n") + 1


def refused(folder, overrides=None):
    with pytest.raises(ConfigurationRefused) as caught:
        load_settings(folder, overrides)
    return caught.value.problems


def only(folder):
    problems = refused(folder)
    assert len(problems) == 1, problems
    return problems[0]


def test_the_shipped_configuration_loads(folder):
    settings = load_settings(folder)
    assert settings.workspace == folder
    assert settings.zone == "Europe/Brussels"
    assert settings.languages == ("en", "fr")
    assert settings.transport == FolderTransport()
    assert settings.deadlines.ladder == (30, 7, 1)
    assert settings.deadlines.at == time(9)
    assert settings.lateness.campaigns == timedelta(hours=6)
    assert (settings.dns.nameservers, settings.dns.timeout) == ((), timedelta(seconds=3))
    assert settings.path(settings.paths.var) == folder / "var"


def test_every_key_of_the_shipped_configuration_is_explained():
    lines = SHIPPED.read_text(encoding="utf-8").splitlines()
    bare = [
        line
        for before, line in zip(["", *lines], lines, strict=False)
        if line[:1].isalpha() and before[:1] != "#"
    ]
    assert bare == []
    assert {"zone", "transport", "database", "senders"} <= set(TOP_KEYS)


def test_a_byte_order_mark_does_no_harm(folder):
    path = folder / "config.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load_settings(folder).zone == "Europe/Brussels"


@pytest.mark.parametrize(
    ("before", "after", "field", "remedy"),
    [
        ("\nzone: Europe", "\nzoen: Europe", "zoen", "Did you mean 'zone'?"),
        ("batch: 500", "batsch: 200", "delivery.batsch", "Did you mean 'batch'?"),
        ("reply_to:", "replyto:", "senders.default.replyto", "Did you mean 'reply_to'?"),
        ("website:", "web_site:", "organisation.web_site", "Did you mean 'website'?"),
        ("nameservers: []", "nameserver: []", "dns.nameserver", "Did you mean 'nameservers'?"),
        ("path: var/outbox", "paht: var/outbox", "transport.paht", "Did you mean 'path'?"),
        (
            "path: var/outbox",
            "host: mail.example.org",
            "transport.host",
            "It belongs to a mail server: write kind: smtp.",
        ),
        ("\n  opens: off", "\n  opens: off\nsmtp: {kind: x}", "smtp", "Known keys here: "),
        ("\n  opens: off", "\n  opens: off\nworkspace: /", "workspace", "Known keys here: "),
        ("\n  opens: off", "\n  opens: off\n_env_prefix: X_", "_env_prefix", "Known keys here: "),
    ],
)
def test_an_unknown_key_is_named_with_its_line_and_the_nearest_known_one(
    folder, before, after, field, remedy
):
    line = edit(folder, before, after)
    problem = next(problem for problem in refused(folder) if problem.field == field)
    assert problem.path == "config.yaml"
    assert problem.line == line + after.count("\n")
    assert problem.what == f"The key '{field.rpartition('.')[2]}' is not known here."
    assert problem.remedy.startswith(remedy)


@pytest.mark.parametrize(
    ("before", "after", "field", "allowed"),
    [
        ("batch: 500", "batch: lots", "delivery.batch", "a whole number"),
        ("batch: 500", "batch: 0", "delivery.batch", "greater than or equal to 1"),
        ("lease: 2m", "lease: 2", "delivery.lease", "a number and a unit: 90s"),
        ("lease: 2m", "lease: 99999999999999d", "delivery.lease", "a shorter time"),
        ("zone: Europe/Brussels", "zone: Europe/Brusels", "zone", "Europe/Brussels or UTC"),
        ("zone: Europe/Brussels", "zone: localtime", "zone", "Europe/Brussels or UTC"),
        ('at: "09:00"', "at: 9:30", "deadlines.at", '"09:00"'),
        ('at: "09:00"', 'at: "09:00+02:00"', "deadlines.at", '"09:00"'),
        ('at: "09:00"', 'at: "24:00"', "deadlines.at", '"09:00"'),
        ("ladder: [30, 7, 1]", "ladder: [30, 400]", "deadlines.ladder[2]", "less than or equal to 366"),
        ("ladder: [30, 7, 1]", "ladder: 30", "deadlines.ladder", "a list"),
        ("languages: [en, fr]", "languages: [en, French]", "languages[2]", "a language such as en"),
        ("languages: [en, fr]", "languages: []", "languages", "at least 1"),
        (
            "[Europe/Lisbon, Europe/Athens]",
            "[UTC, Mars]",
            "deadlines.other_zones[2]",
            "Europe/Brussels or UTC",
        ),
        ("kind: folder", "kind: pigeon", "transport", "kind: folder or kind: smtp"),
        ("delivery:", "delivery: fast\nx:", "delivery", "keys and values"),
        ("public_url: https", "public_url: ftp", "public_url", "https://"),
        ("public_url: https://news.example.org", 'public_url: "https://x.org/>"', "public_url", "https://"),
        ("id: letter.news.example.org", "id: letter", "list.id", "letter.news.example.org"),
        ("contact: hello@example.org", "contact: hello@", "organisation.contact", "ada@example.org"),
        ("legal_name: Common Thread aisbl", "legal_name: 7", "organisation.legal_name", "a text"),
        ("database: sqlite:///", "database: mysql://", "database", "sqlite:///"),
        ("clicks: off", "clicks: all", "tracking.clicks", "'counted'"),
        ("nameservers: []", "nameservers: [ns.example.org]", "dns.nameservers[1]", "192.0.2.53:5353"),
        ("nameservers: []", "nameservers: [192.0.2.53, 192.0.2.54:x]", "dns.nameservers[2]", "192.0.2.53"),
        ("nameservers: []", "nameservers: [192.0.2.53:0]", "dns.nameservers[1]", "192.0.2.53"),
        ("nameservers: []", "nameservers: 192.0.2.53", "dns.nameservers", "a list"),
        ("timeout: 3s", "timeout: 3", "dns.timeout", "a number and a unit: 90s"),
        ("timeout: 3s", "timeout: 0s", "dns.timeout", "1 second"),
    ],
)
def test_a_wrong_value_is_named_with_its_line_and_what_is_allowed(folder, before, after, field, allowed):
    line = edit(folder, before, after)
    problem = next(problem for problem in refused(folder) if problem.field == field)
    assert problem.place.startswith("config.yaml:")
    assert problem.line == (line - 1 if field == "transport" else line)
    assert problem.what.startswith("This value cannot be used.")
    assert allowed in problem.remedy
    assert ".." not in str(problem).replace("…", "")


def test_a_missing_key_is_named_in_its_section(folder):
    edit(folder, "  website: https://example.org/\n", "")
    problem = only(folder)
    assert problem.field == "organisation.website"
    assert problem.what == "The key 'website' is missing."


def test_every_problem_is_told_at_once_in_the_order_of_the_lines(folder):
    edit(folder, "batch: 500", "batch: many")
    edit(folder, "\nzone: Europe", "\nzoen: Europe")
    edit(folder, "postal_address:", "postal_adress:")
    problems = refused(folder)
    assert {problem.field for problem in problems} >= {"zoen", "delivery.batch", "organisation.postal_adress"}
    assert [problem.line for problem in problems] == sorted(problem.line for problem in problems)


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        ("zone: UTC\nzone: UTC\n", "The key 'zone' stands here a second time.", 2),
        ("zone: UTC\n  list: [\n", "This is not valid YAML", 2),
        ("- zone\n", "The configuration is not a list of keys.", 1),
        ("zone\n", "The configuration is not a list of keys.", 1),
        ("", "The configuration is empty.", 1),
        ("# nothing yet\n", "The configuration is empty.", 1),
    ],
)
def test_a_file_that_is_no_configuration_is_refused_with_its_line(tmp_path, text, what, line):
    (tmp_path / "config.yaml").write_text(text)
    problem = only(tmp_path)
    assert problem.what.startswith(what)
    assert (problem.path, problem.line) == ("config.yaml", line)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "config.yaml").write_bytes(b"zone: \xff\xfe")
    assert "UTF-8" in only(tmp_path).remedy


def test_a_folder_without_a_configuration_is_no_workspace(tmp_path):
    assert "newsletter init" in only(tmp_path).remedy


def test_the_environment_overrides_the_file(folder, monkeypatch):
    monkeypatch.setenv("NEWSLETTER_ZONE", "Europe/Lisbon")
    monkeypatch.setenv("NEWSLETTER_LANGUAGES", '["fr"]')
    settings = load_settings(folder)
    assert settings.zone == "Europe/Lisbon"
    assert settings.languages == ("fr",)


def test_a_nested_override_keeps_the_rest_of_its_section(folder, monkeypatch):
    edit(folder, "batch: 500", "batch: 70")
    monkeypatch.setenv("NEWSLETTER_DELIVERY__LEASE", "5m")
    monkeypatch.setenv("NEWSLETTER_SENDERS__DEFAULT__ADDRESS", "other@example.org")
    settings = load_settings(folder)
    assert settings.delivery.lease == timedelta(minutes=5)
    assert settings.delivery.batch == 70
    assert settings.senders["default"].address == "other@example.org"
    assert settings.senders["default"].reply_to == "hello@example.org"


def test_name_servers_may_have_ports(folder, monkeypatch):
    edit(
        folder,
        "nameservers: []",
        'nameservers: [192.0.2.53, "192.0.2.53:5353", "2001:db8::53", "[2001:db8::53]:5353"]',
    )
    assert len(load_settings(folder).dns.nameservers) == 4
    monkeypatch.setenv("NEWSLETTER_DNS__NAMESERVERS", '["127.0.0.1:5353"]')
    assert load_settings(folder).dns.nameservers == ("127.0.0.1:5353",)


def test_the_environment_may_change_the_kind_of_transport(folder, monkeypatch):
    """The path of the file's folder transport means nothing to the mail server, and must not be in its way."""
    monkeypatch.setenv("NEWSLETTER_TRANSPORT__KIND", "smtp")
    monkeypatch.setenv("NEWSLETTER_TRANSPORT__HOST", "mail.example.org")
    monkeypatch.setenv("NEWSLETTER_TRANSPORT__PORT", "2525")
    monkeypatch.setenv("NEWSLETTER_TRANSPORT__PASSWORD", HIDDEN)
    transport = load_settings(folder).transport
    assert isinstance(transport, SmtpTransport)
    assert (transport.host, transport.port) == ("mail.example.org", 2525)
    assert transport.password.get_secret_value() == HIDDEN


def test_overrides_of_a_demonstration_leave_the_environment_alone(folder, monkeypatch):
    monkeypatch.setenv("NEWSLETTER_ZONE", "Europe/Lisbon")
    monkeypatch.setenv("NEWSLETTER_SECRET", HIDDEN)
    settings = load_settings(folder, {"secret": "another"})
    assert settings.zone == "Europe/Brussels"
    assert settings.secret.get_secret_value() == "another"


def test_the_workspace_is_where_the_file_was_found(folder, monkeypatch):
    monkeypatch.setenv("NEWSLETTER_WORKSPACE", "/elsewhere")
    assert load_settings(folder).workspace == folder


def test_a_secret_may_come_from_a_file(folder, monkeypatch):
    (folder / "secret").write_text(f"{HIDDEN}\n")
    monkeypatch.setenv("NEWSLETTER_SECRET_FILE", str(folder / "secret"))
    assert load_settings(folder).secret.get_secret_value() == HIDDEN


def test_the_password_of_the_mail_server_may_come_from_a_file(folder, monkeypatch):
    (folder / "password").write_text(f"{HIDDEN}\n")
    monkeypatch.setenv("NEWSLETTER_TRANSPORT__PASSWORD_FILE", str(folder / "password"))
    edit(folder, "kind: folder\n  path: var/outbox", "kind: smtp\n  host: mail.example.org")
    assert load_settings(folder).transport.password.get_secret_value() == HIDDEN


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_secret_file_that_cannot_be_read_names_its_variable(folder, monkeypatch, content):
    if content is not None:
        (folder / "secret").write_bytes(content)
    monkeypatch.setenv("NEWSLETTER_SECRET_FILE", str(folder / "secret"))
    assert only(folder).place == "environment: NEWSLETTER_SECRET_FILE"


@pytest.mark.parametrize(
    ("variables", "blamed"),
    [
        ({"ZONE": "Mars"}, "ZONE"),
        ({"LANGUAGES": "fr"}, "LANGUAGES"),
        ({"DELIVERY__BATCH": "many"}, "DELIVERY__BATCH"),
        ({"DELIVERY__BATSCH": "5"}, "DELIVERY__BATSCH"),
        ({"DELIVERY": "5"}, "DELIVERY"),
        ({"TRANSPORT__KIND": "pigeon"}, "TRANSPORT__KIND"),
        ({"TRANSPORT__KIND": "smtp"}, "TRANSPORT__HOST"),
        ({"SENDERS__DEFAULT__ADDRESS": "ada"}, "SENDERS__DEFAULT__ADDRESS"),
        ({"DATABASE": "mysql://ada@example.org/x"}, "DATABASE"),
    ],
)
def test_a_wrong_value_in_the_environment_names_the_variable(folder, monkeypatch, variables, blamed):
    for name, value in variables.items():
        monkeypatch.setenv(f"NEWSLETTER_{name}", value)
    problem = only(folder)
    assert problem.place == f"environment: NEWSLETTER_{blamed}"
    assert problem.remedy


@pytest.mark.parametrize(
    "variables",
    [
        {"TRANSPORT__KIND": "pigeon", "TRANSPORT__PASSWORD": HIDDEN},
        {"TRANSPORT__PASSWORD": HIDDEN},
        {"TRANSPORT": f'{{"kind": "smtp", "password": "{HIDDEN}"}}'},
        {"TRANSPORT": f'{{"kind": "smtp", "password": ["{HIDDEN}"], "host": "x"}}'},
        {"TRANSPORT": f'{{"password": "{HIDDEN}"'},
        {"DATABASE": f"mysql://ada:{HIDDEN}@example.org/x"},
        {"SECRET": HIDDEN, "ZONE": "Mars"},
    ],
)
def test_no_secret_is_shown_in_a_refusal(folder, monkeypatch, variables):
    for name, value in variables.items():
        monkeypatch.setenv(f"NEWSLETTER_{name}", value)
    with pytest.raises(ConfigurationRefused) as caught:
        load_settings(folder)
    assert HIDDEN not in str(caught.value)


def test_no_secret_of_the_file_is_shown_in_a_refusal(folder):
    edit(folder, "kind: folder\n  path: var/outbox", f"kind: pigeon\n  password: {HIDDEN}")
    edit(folder, "  opens: off", f"  opens: off\nsecret: [{HIDDEN}]")
    assert not any(HIDDEN in str(problem) for problem in refused(folder))


def test_no_secret_is_shown_with_the_settings(folder, monkeypatch):
    monkeypatch.setenv("NEWSLETTER_SECRET", HIDDEN)
    monkeypatch.setenv("NEWSLETTER_DATABASE", f"postgresql+psycopg://ada:{HIDDEN}@example.org/x")
    settings = load_settings(folder)
    assert HIDDEN not in repr(settings)
    assert HIDDEN in settings.database


def test_a_sender_that_is_not_there_is_refused_with_those_that_are(folder):
    settings = load_settings(folder)
    assert settings.sender("default").address == "letter@news.example.org"
    with pytest.raises(ConfigurationRefused, match="Known senders: default"):
        settings.sender("press")


def test_settings_cannot_be_changed(folder):
    settings = load_settings(folder)
    with pytest.raises(Exception, match="frozen"):
        settings.zone = "UTC"


@pytest.mark.parametrize(
    ("line", "variable"),
    [
        ("secret: hush-hush\n", "NEWSLETTER_SECRET"),
        (
            "transport: {kind: smtp, host: mx.example.org, password: hush-hush}\n",
            "NEWSLETTER_TRANSPORT__PASSWORD",
        ),
    ],
)
def test_a_secret_in_the_file_is_refused_without_being_shown(workspace, line, variable):
    config = workspace / "config.yaml"
    text = config.read_text(encoding="utf-8")
    config.write_text(
        text.replace("transport:\n", "was:\n", 1) + line if "transport" in line else text + line,
        encoding="utf-8",
    )
    with pytest.raises(ConfigurationRefused, match=variable) as refused:
        load_settings(workspace)
    assert "hush-hush" not in str(refused.value)


LANES = "  groups: {}            # a pace"


@pytest.mark.parametrize(
    ("written", "field", "said"),
    [
        ("groups: {google: {per_hou: 3}}", "lanes.groups.google.per_hou", "Did you mean 'per_hour'?"),
        ("warm_up: {begins: 2026-12-01, days: [5], dais: [5]}", "lanes.warm_up.dais", "Did you mean 'days'?"),
        ("groups: {Google: {per_hour: 3}}", "lanes.groups.Google", "a short name"),
        ("groups: {others: {per_hour: 3}}", "lanes.groups.others", "a short name"),
        ("groups: {ours: {domains: [Example]}}", "lanes.groups.ours.domains[1]", "a domain in lower case"),
        ("groups: {google: {per_hour: 0}}", "lanes.groups.google.per_hour", "greater than or equal to 1"),
    ],
)
def test_a_wrong_lane_is_named_with_its_key(folder, written, field, said):
    line = edit(folder, LANES, f"  {written} # a pace")
    problem = only(folder)
    assert (problem.line, problem.field) == (line, field)
    assert said in problem.remedy


@pytest.mark.parametrize("transport", ["folder", "smtp"])
def test_a_group_of_which_nobody_knows_what_belongs_to_it_is_refused_with_the_known_ones(folder, transport):
    edit(folder, LANES, "  groups: {gogle: {per_hour: 3}} # a pace")
    overrides = {"secret": "a key for tests"}
    if transport == "smtp":
        overrides["transport"] = {"kind": "smtp", "host": "127.0.0.1"}
    with pytest.raises(ConfigurationRefused) as caught:
        open_office(folder, overrides=overrides)
    (problem,) = caught.value.problems
    assert (problem.path, problem.field) == ("config.yaml", "lanes.groups.gogle")
    assert "google" in problem.remedy
