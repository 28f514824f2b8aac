"""Take it home: what a run can be saved as, beside the checkpoint that goes on (`gan_core.storage.checkpoint`).

    pictures     PNG of the shown samples, ZIP of new ones
    film         GIF, WebP or MP4 of a training
    tables       history and metrics as CSV and JSON
    tensorboard  history as an event file
    weights      the generator as safetensors
    onnx         the generator as ONNX
    script       the run as one file of plain PyTorch
    html         the run as one page that can be scrubbed

All give bytes or text and touch neither the run nor its random streams. Those that work on a generator take a
`GeneratorCopy`, made between two steps; those that look back take frames, as the recorder keeps them. Long ones tell
``progress(done, total)`` and stop with `ExportCancelledError` once ``cancelled()`` is true.
"""
