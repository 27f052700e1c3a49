"""The build context: the files on disk that an image is made of, found, read and remembered."""
