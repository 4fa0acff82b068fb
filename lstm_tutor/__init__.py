"""What answers a reader: exercises and their judges, the doctor, the LSTM to play with, a class's grades."""
