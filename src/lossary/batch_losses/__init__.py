"""Losses of a batch, whose samples are compared with one another, without the matrix of all similarities in memory."""

from lossary.batch_losses.losses import BatchLoss, circle, info_nce, multi_similarity, siglip, supervised_contrastive

__all__ = ["BatchLoss", "circle", "info_nce", "multi_similarity", "siglip", "supervised_contrastive"]
