"""Two teams with their people, and a practice CRM that runs."""

from tests import people

globals().update({name: getattr(people, name) for name in people.__all__})
