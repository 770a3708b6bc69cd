"""The trace as one HTML file: a sequence diagram that can be searched, filtered and zoomed, without any network.

`document` writes the file. `facts` turns events into what its scripts read, `links` finds what leads from one event to
another besides bytes. The files of `assets` become parts of each page as they are: `page.html` has their places.
"""
