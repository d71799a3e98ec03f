"""The verbs of `mamori-list`."""

import click

from blocklist.publish.cli.door import Verbs

_VERBS = {
    "add": "entry_verbs:add",
    "approve": "review_verbs:approve",
    "ask-removal": "case_verbs:ask_removal",
    "backup": "backup_verbs:backup",
    "build": "version_verbs:build",
    "ceremony": "ceremony_verbs:ceremony",
    "check": "review_verbs:check",
    "diff": "review_verbs:diff",
    "drill": "drill_verbs:drill",
    "due": "queue_verbs:due",
    "duty": "duty_verbs:duty",
    "extend": "case_verbs:extend",
    "figures": "objection_verbs:figures",
    "gone": "case_verbs:gone",
    "hsm": "hsm_verbs:hsm",
    "import": "entry_verbs:import_file",
    "init": "setting_up:init",
    "key": "ceremony_verbs:key",
    "log": "log_verbs:log",
    "nginx": "publishing_verbs:nginx",
    "objection": "objection_verbs:objection",
    "publish": "version_verbs:publish",
    "reinstate": "duty_verbs:reinstate",
    "reject": "case_verbs:reject",
    "rekey": "epoch_verbs:rekey",
    "remove": "entry_verbs:remove",
    "report": "report_verbs:report",
    "research-export": "report_verbs:research_export",
    "restore": "backup_verbs:restore",
    "resume": "case_verbs:resume",
    "review": "queue_verbs:review",
    "review-bundle": "report_verbs:review",
    "show": "show_verbs:show",
    "sign": "version_verbs:sign",
    "stamp": "publishing_verbs:stamp",
    "status": "status_verb:status",
    "submit": "version_verbs:submit",
    "subscriber": "setting_up:subscriber",
    "suspend": "case_verbs:suspend",
    "verify": "show_verbs:verify",
    "withdraw": "duty_verbs:withdraw",
}


@click.group(
    cls=Verbs,
    verbs={name: f"blocklist.publish.cli.{place}" for name, place in _VERBS.items()},
    context_settings={"help_option_names": ["-h", "--help"]},
)
def main() -> None:
    """Make, review, sign and publish a list.

    Exit codes: 0 done, 1 a check or a signing tool refused, 2 wrong use or something here is wrong,
    78 the extension in C cannot be used as the environment says.
    """
