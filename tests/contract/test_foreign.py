"""The contract over HTTP: our adapter against `pouchdb-server`, a CouchDB-compatible server that is not ours."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import ClassVar

import pytest

from sync.couchdb import CouchStores
from sync.peer import address
from sync.store import StoreSet
from tests.contract.promises import StoreContract
from tests.contract.promises.purging import Purging
from tests.contract.promises.upkeep import Upkeep
from tests.support.foreign import foreign

__all__ = ["foreign"]


def promises_of(subject: type) -> list[str]:
    return [name for name in vars(subject) if name.startswith("test_")]


@pytest.mark.foreign
class TestPouchdbServer(StoreContract):
    differences: ClassVar[Mapping[str, str]] = {
        "test_every_name_that_couchdb_takes_is_taken[/with/slash]": "a slash in the name of a database is dropped",
        "test_every_name_that_couchdb_takes_is_taken[/x-wal]": "a slash in the name of a database is dropped",
        "test_every_name_that_couchdb_takes_is_taken[/sqlite]": "a slash in the name of a database is dropped",
        "test_an_unknown_database_is_not_found": "deleting a database that is not there succeeds",
        "test_a_database_made_again_is_another_one": "`instance_start_time` is when the process began",
        "test_a_sequence_that_is_none_is_malformed": "any `since` is taken",
        "test_ids_come_in_byte_order": "`_all_docs` leaves out ids beyond U+07FF",
        "test_a_longer_ancestry_lengthens_a_stemmed_history": "ancestors known by name only count as missing",
        "test_a_longer_ancestry_joins_disjoint_roots": "disjoint roots are never joined",
        "test_a_history_is_stemmed_at_a_thousand_generations": "it is stemmed one generation later or earlier",
        "test_an_ancestor_is_kept_while_it_is_within_a_thousand_of_any_leaf": "each leaf is stemmed by itself",
        "test_an_ancestor_known_by_name_only_is_known_and_its_child_stays_the_leaf": "it counts as missing",
        "test_a_revision_is_known_wherever_it_is_in_the_tree": "ancestors known by name only count as missing",
        "test_the_judge_is_asked_about_what_is_new_only": "ancestors known by name only count as missing",
        "test_possible_ancestors_are_the_leaves_older_than_what_is_missing": "none are ever named",
        "test_only_documents_that_lack_something_are_named": "possible ancestors are never named",
        "test_the_same_edit_of_the_same_parent_has_the_same_revision_elsewhere": "its revision ids hold chance",
        "test_a_deleted_document_is_not_found_but_its_revision_is": "the reason of a 404 is always `missing`",
        "test_compaction_forgets_inner_bodies_and_nothing_else": "what was compacted counts as missing",
        "test_info_counts_live_and_deleted_documents": "deleted documents are not counted",
        **dict.fromkeys(promises_of(Upkeep), "it has no `_revs_limit`"),
        **dict.fromkeys(promises_of(Purging), "it cannot purge"),
    }

    @pytest.fixture
    def stores(self, foreign: str) -> Iterator[StoreSet]:
        with closing(CouchStores(address(foreign))) as stores:
            yield stores
