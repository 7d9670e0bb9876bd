"""Names of the formats of other projects' runs, for help texts: nothing else is imported."""

#: What is expected of a source, by the name of its format.
FORMATS = {
    "heldout-influence": (
        "Feldman and Zhang's checkpoints, a folder, a tar.gz archive or the URL of one with "
        "RATIO/RUN/aux_arrays.npz"
    ),
    "datamodels": "a folder with train_masks_PCTpct.npy and train_margins_PCTpct.npy",
    "lira": "a folder of runs with keep.npy, and logits/*.npy or scores/*.npy",
    "arrays": (
        "an npz file, a Zarr store or a folder of npy and npz files with a row or a file for each "
        "run"
    ),
}
