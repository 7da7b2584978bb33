// Bundles one page per published version: its own client SDK, its own components.
import { build } from "esbuild";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";

const OUT = "dist";

const react = (version, client) => ({
  name: `react-${version}`,
  source: "pages/session.tsx",
  alias: {
    "@livekit/components-react": `components-react-${version.replaceAll(".", "-")}`,
    "livekit-client": client,
  },
});

const core = (version, client) => ({
  name: `core-${version}`,
  source: "pages/core.ts",
  alias: {
    "@livekit/components-core": `components-core-${version.replaceAll(".", "-")}`,
    "livekit-client": client,
  },
});

// Each client is the one that the components were released or deployed with.
const PAGES = [
  react("2.9.20", "livekit-client-2-17-2"),
  react("2.9.24", "livekit-client"),
  core("0.9.3", "livekit-client-2-0-10"),
  core("0.11.5", "livekit-client-2-5-1"),
  core("0.12.1", "livekit-client-2-8-1"),
  core("0.12.15", "livekit-client"),
];

const html = (name) => `<!doctype html>
<html lang="en">
  <meta charset="utf-8" />
  <title>${name}</title>
  <link rel="icon" href="data:," />
  <link rel="stylesheet" href="chat.css" />
  <div id="chat"></div>
  <script type="module" src="${name}.js"></script>
</html>
`;

await rm(OUT, { recursive: true, force: true });
await mkdir(OUT);
for (const { name, source, alias } of PAGES) {
  await build({
    alias,
    bundle: true,
    define: { "process.env.NODE_ENV": '"production"' },
    entryPoints: [source],
    format: "esm",
    jsx: "automatic",
    logLevel: "warning",
    outfile: `${OUT}/${name}.js`,
    target: "es2022",
  });
  await writeFile(`${OUT}/${name}.html`, html(name));
}
await build({ entryPoints: ["pages/chat.css"], outdir: OUT, logLevel: "warning" });

// The page of docs/embedding.md, with the SDK from here instead of from the network.
const CDN = "https://esm.sh/livekit-client@2";
const documentation = await readFile("../../docs/embedding.md", "utf-8");
const [, embedded] = documentation.match(/^```html\n(.*?)^```/ms);
if (!embedded.includes(CDN)) throw new Error(`the page of docs/embedding.md does not import ${CDN}`);
await writeFile(`${OUT}/embedding.html`, embedded.replace(CDN, "./livekit-client.js"));
await build({
  bundle: true,
  entryPoints: ["livekit-client"],
  format: "esm",
  logLevel: "warning",
  outfile: `${OUT}/livekit-client.js`,
  target: "es2022",
});
