"""Posts as NDJSON in the product's own ``Post`` shape; a missing id is derived."""

from __future__ import annotations

import msgspec

from schemas.codec import InvalidRecordError, event_time_ms
from schemas.events import Post
from schemas.times import rfc3339
from schemas.topics import POSTS


class PostParser:
    """A post's id is ``source:post_id:token``, so recordings need not carry it."""

    topic = POSTS.name
    identified = True

    def parse(self, line: bytes) -> tuple[int, str, Post]:
        try:
            fields = msgspec.json.decode(line)
            if not isinstance(fields, dict):
                raise InvalidRecordError("no JSON object")
            if "id" not in fields:
                parts = [fields.get(name) for name in ("source", "post_id", "token")]
                fields["id"] = ":".join(str(part) for part in parts)
            post = msgspec.convert(fields, Post)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise InvalidRecordError(str(error)) from None
        time_ms = event_time_ms(post)
        post = msgspec.structs.replace(post, event_time=rfc3339(time_ms))
        return time_ms, post.token, post

    def event(self, draft: Post, ordinal: int) -> Post:  # noqa: ARG002 - it has an id
        return draft
