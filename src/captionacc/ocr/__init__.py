"""Engine protocol and engines; the one owner of onnxruntime sessions."""
