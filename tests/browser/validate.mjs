// html-validate over files named as arguments: prints [{file, line, rule, message}] as JSON, empty when all is well.
import { createRequire } from "node:module";
import path from "node:path";
import process from "node:process";

const modules = process.env.MAMORI_BROWSER ?? path.join(import.meta.dirname, "..", "..", ".venv", "browser");
const require = createRequire(path.join(modules, "package.json"));
const { FileSystemConfigLoader, HtmlValidate } = require("html-validate");

const validator = new HtmlValidate(
  new FileSystemConfigLoader({
    root: true,
    extends: ["html-validate:recommended", "html-validate:document"],
    // It wants non-breaking hyphens in telephone numbers. Ours are plain, so that a number can be copied and dialled;
    // its box keeps it in one line as long as the line is wide enough.
    rules: { "tel-non-breaking": "off" },
  }),
);
const report = await validator.validateMultipleFiles(process.argv.slice(2));
const findings = report.results.flatMap(({ filePath, messages }) =>
  messages.map(({ line, ruleId, message }) => ({ file: filePath, line, rule: ruleId, message })),
);
process.stdout.write(JSON.stringify(findings));
