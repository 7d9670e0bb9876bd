"""A page to browse scores in: a folder that any browser opens from the disk.

`write.write_gallery` writes it: `page/` as it is, the pictures in sheets, and the data in scripts,
as browsers let a page on the disk load scripts, but not read files.
"""
