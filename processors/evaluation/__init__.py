"""How well detectors do on labelled recordings; labels are opened after the answers are written."""
