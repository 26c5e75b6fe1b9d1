"""SQL, one file a subject: plain values in, response models out."""
