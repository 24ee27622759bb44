"""`tests/server/test_snapshot.py`, with the documents kept by another server."""

from tests.server.test_snapshot import (  # noqa: F401  # pytest collects them here, on the sites of this folder
    chen,
    test_a_long_attachment_comes_with_its_bytes,
    test_a_snapshot_holds_what_replication_gives,
    test_replication_from_its_end_has_nothing_more_to_do,
    test_two_parts_are_the_whole_wherever_the_first_broke_off,
    test_what_changed_between_two_parts_comes_with_the_second,
    test_what_is_written_while_it_is_read_comes_afterwards,
)
