import "./ui/nonce.ts";
import "./style/tokens.css";
import "./style/base.css";
import "./ui/ui.css";
import { createRoot } from "react-dom/client";
import { App } from "./App.tsx";

const root = document.getElementById("root");
if (root === null) throw new Error("The document has no root.");
createRoot(root).render(<App />);
