"""The service with its documents kept by another server (`JINLIN_STORE`): the same tests, the same promises."""
