"""What every test may ask for by name."""

pytest_plugins = ["tests.support.site", "tests.support.live", "tests.support.foreign", "tests.support.behind"]
