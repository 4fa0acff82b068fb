def join(folder):
    pass
