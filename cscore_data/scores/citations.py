"""How to cite scores, for the files in which they travel."""

import xarray as xr

from cscore_data.scores.published_files import CITATION
from cscore_data.storage.provenance import package_version


def citations(scores: xr.Dataset) -> list[str]:
    """What to cite for a set of scores: the papers that they come from, and this package.

    Parameters
    ----------
    scores : xarray.Dataset
        Published scores name their paper in the attribute `citation`.

    Returns
    -------
    list of str
        One sentence for each.

    Examples
    --------
    >>> for line in citations(xr.Dataset()):
    ...     print(line.partition(":")[0])
    Ziheng Jiang, Chiyuan Zhang, Kunal Talwar, Michael C. Mozer
    cscore_data
    """
    lines = [CITATION]
    # Scores read from files of others have whatever attributes these have.
    paper = str(scores.attrs.get("citation", CITATION))
    if paper != CITATION:
        lines.append(paper)
    version = package_version()
    return [*lines, f"cscore_data: consistency scores of labelled data, version {version}"]
