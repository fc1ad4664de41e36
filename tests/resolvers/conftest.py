"""What tests of the rules begin with: the office of the stories, and a guest's browser."""

from tests.stories.conftest import office, page

__all__ = ["office", "page"]
