"""XLSForm in and out: a workbook that ODK, KoboToolbox and CHT authors write, and the definition it means."""
