"""The count of labels that Hugging Face's ``Trainer`` hands over, compared with the labels that a loss sees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import distributed

IGNORED = -100
"""The label that ``Trainer`` does not count; no option of it says otherwise."""


class LabelCounts:
    """What was seen of the labels of an accumulated batch.

    A batch is over when the next one begins, with another count; that is so in all processes together. Then it is compared:
    three numbers of each process, once a step, as ``Trainer`` gathers its count.
    """

    def __init__(self) -> None:
        self._count: Any = None
        self._seen: Any = 0
        self._first: Any = 0
        self._compared = False

    def add(self, count: Any, labels: Any, shifted: bool) -> None:
        """Add the labels of a part of an accumulated batch; ``shifted`` says that the first one of a row is not judged.

        Raises ValueError where the count of the batch before was of other labels than those that were judged.
        """
        if torch.as_tensor(count).ndim:  # one for each device of DataParallel
            return
        if count is not self._count:
            if self._count is not None:
                self._compared = True
                own = [torch.as_tensor(x).to(labels.device, torch.int64) for x in (self._seen, self._first, self._count)]
                refuse_wrong_count(_of_all_processes(torch.stack(own)), shifted)
            self._count, self._seen, self._first = count, 0, 0
        present = labels != IGNORED
        self._seen = self._seen + present.sum()
        if labels.ndim > 1:
            self._first = self._first + present[..., 0].sum()
        if not (self._compared or shifted or _is_shared()) and self._seen > count:
            # more labels than were counted are never right, however many parts are still to come
            refuse_wrong_count([[int(self._seen), int(self._first), int(count)]], shifted)


def refuse_wrong_count(processes: Sequence[Sequence[int]], shifted: bool) -> None:
    """Raise where a count is of other labels than those that were judged.

    ``processes`` are the labels that each has seen, those of them that are the first of a row, and its count.
    """
    seen, first = (sum(column) for column in list(zip(*processes, strict=True))[:2])
    count = processes[0][2]
    if shifted and first and count == seen:
        raise ValueError(
            f"Trainer counted {count} labels, but {first} of them are the first of their rows, which no logits predict, so "
            "the cost was too small; set labels[:, 0] = -100 in the data collator, or give the model loss_type = "
            '"ForCausalLM" before the Trainer is made (transformers ≥ 5.10)'
        )
    if not shifted and first and count == seen - first:
        raise ValueError(
            f"Trainer counted {count} labels, without the {first} that are the first of their rows, but shift=False judges "
            "these too, so the cost was too large; pass shift=True and labels that are not shifted yet, or give the model "
            "loss_type = None before the Trainer is made"
        )
    judged = [own - first * shifted for own, first, _ in processes]
    if judged == [own for *_, own in processes] and len(set(judged)) > 1:
        raise ValueError(
            f"each process divided by the count of its own labels ({', '.join(map(str, judged))}), so gradients are those of a "
            "mean of means; leave average_tokens_across_devices at True"
        )


def _is_shared() -> bool:
    """Return whether processes train together."""
    return distributed.is_available() and distributed.is_initialized()


def _of_all_processes(own: torch.Tensor) -> list[list[int]]:
    """Return the numbers of each process."""
    if not _is_shared():
        return [own.tolist()]
    found = [torch.empty_like(own) for _ in range(distributed.get_world_size())]
    distributed.all_gather(found, own)
    return [x.tolist() for x in found]
