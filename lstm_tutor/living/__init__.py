from lstm_tutor.living.living_lstm import living_lstm

__all__ = ["living_lstm"]
