"""What a bulk write job was asked to do, as it is kept: everything checked and settled."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from importer.practice.judging.mapping import Mapping

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Resource:
    """One file of a job: the module it is for, and how to read it."""

    module: str
    operation: str
    file_name: str
    encoding: str
    delimiter: str
    find_by: str | None
    ignore_empty: bool
    mappings: tuple[Mapping, ...]

    @property
    def parent_column(self) -> int | None:
        """The column of the parent file that this file's rows refer to."""
        links = (mapping.parent_column_index for mapping in self.mappings)
        return next((index for index in links if index is not None), None)


@dataclass(frozen=True, slots=True)
class JobRequest:
    """An accepted request. The first resource is the parent of the others."""

    operation: str
    file_id: str
    callback_url: str | None
    ignore_empty: bool
    resources: tuple[Resource, ...]

    @property
    def module(self) -> str:
        return self.resources[0].module

    def dump(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str) -> "JobRequest":
        values = json.loads(text)
        resources = tuple(_resource(resource) for resource in values.pop("resources"))
        return cls(resources=resources, **values)


def _resource(values: Json) -> Resource:
    mappings = tuple(Mapping(**mapping) for mapping in values.pop("mappings"))
    return Resource(mappings=mappings, **values)
