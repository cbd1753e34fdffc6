"""A paper says in which language it is and what stands at its foot."""

from orchestrator.papers.blocks import Heading, Paper, Table, Text


def test_a_paper_keeps_its_blocks_in_order() -> None:
    blocks = (Heading(level=1, text="a"), Text(text="b"), Table(heads=["c"], rows=[], shares=[1]))
    paper = Paper(title="t", language="fr", blocks=blocks, foot="f")
    assert paper.blocks == blocks
    assert blocks[2].right == frozenset()
