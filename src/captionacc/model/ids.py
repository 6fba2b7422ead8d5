"""Identifiers. Distinct types, so that one cannot be passed for another."""

from __future__ import annotations

from typing import NewType

TenantId = NewType("TenantId", str)
UserId = NewType("UserId", str)
VideoId = NewType("VideoId", str)
UploadId = NewType("UploadId", str)
RunId = NewType("RunId", str)
CaptionId = NewType("CaptionId", int)
