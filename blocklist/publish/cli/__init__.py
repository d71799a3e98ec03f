"""`mamori-list`: the list body's command."""

import click

from blocklist.publish.cli.backup_verbs import backup, restore
from blocklist.publish.cli.case_verbs import ask_removal, extend, gone, reject, resume, suspend
from blocklist.publish.cli.ceremony_verbs import ceremony, key
from blocklist.publish.cli.door import Verbs
from blocklist.publish.cli.drill_verbs import drill
from blocklist.publish.cli.duty_verbs import duty, reinstate, withdraw
from blocklist.publish.cli.entry_verbs import add, import_file, remove
from blocklist.publish.cli.epoch_verbs import rekey
from blocklist.publish.cli.hsm_verbs import hsm
from blocklist.publish.cli.log_verbs import log
from blocklist.publish.cli.objection_verbs import figures, objection
from blocklist.publish.cli.publishing_verbs import nginx, stamp
from blocklist.publish.cli.queue_verbs import due, review
from blocklist.publish.cli.report_verbs import report, research_export
from blocklist.publish.cli.report_verbs import review as review_bundle
from blocklist.publish.cli.review_verbs import approve, check, diff
from blocklist.publish.cli.setting_up import init, subscriber
from blocklist.publish.cli.show_verbs import show, verify
from blocklist.publish.cli.status_verb import status
from blocklist.publish.cli.version_verbs import build, publish, sign, submit


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Make, review, sign and publish a list.

    Exit codes: 0 done, 1 a check or a signing tool refused, 2 wrong use or something here is wrong.
    """


for verb in (init, subscriber, add, import_file, check, diff, approve, remove, build, sign, publish, submit, status):
    main.add_command(verb)
for verb in (duty, withdraw, reinstate, rekey, log):
    main.add_command(verb)
for verb in (stamp, nginx, key, ceremony, hsm, drill):
    main.add_command(verb)
for verb in (show, verify, reject, suspend, resume, ask_removal, gone, extend):
    main.add_command(verb)
for verb in (due, review, objection, figures, backup, restore):
    main.add_command(verb)
for verb in (report, research_export, review_bundle):
    main.add_command(verb)
