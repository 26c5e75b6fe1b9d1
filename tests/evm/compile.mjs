// Compiles the contracts of the test chain into the JSON file it is given: {name: {abi, bytecode}}.

import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import solc from "solc";
// Uniswap V2 was written for this compiler.
import solcOld from "solc-0.5";

const require = createRequire(import.meta.url);
const CONTRACTS = new URL("./contracts/", import.meta.url);

/** Every contract of these sources, by name. */
function compile(compiler, sources, settings) {
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(sources.map(([path, content]) => [path, { content }])),
    settings: {
      optimizer: { enabled: true, runs: 200 },
      outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
      ...settings,
    },
  };
  const read = (path) => ({ contents: readFileSync(require.resolve(path), "utf8") });
  const output = JSON.parse(compiler.compile(JSON.stringify(input), { import: read }));
  const errors = (output.errors ?? []).filter((error) => error.severity === "error");
  if (errors.length > 0) throw new Error(errors.map((error) => error.formattedMessage).join("\n"));
  return Object.values(output.contracts)
    .flatMap((contracts) => Object.entries(contracts))
    .map(([name, { abi, evm }]) => [name, { abi, bytecode: `0x${evm.bytecode.object}` }]);
}

/** The compiled contract that a package brings along. */
function packaged(name, path) {
  const { abi, bytecode } = JSON.parse(readFileSync(require.resolve(path), "utf8"));
  return [name, { abi, bytecode }];
}

const ours = readdirSync(CONTRACTS).map((name) => [
  name,
  readFileSync(new URL(name, CONTRACTS), "utf8"),
]);
const factory = "@uniswap/v2-core/contracts/UniswapV2Factory.sol";
const core = "@uniswap/v3-core/artifacts/contracts";

const contracts = Object.fromEntries([
  ...compile(solc, ours, {}),
  ...compile(solcOld, [[factory, readFileSync(require.resolve(factory), "utf8")]], {
    evmVersion: "istanbul",
  }),
  packaged("UniswapV3Factory", `${core}/UniswapV3Factory.sol/UniswapV3Factory.json`),
  packaged("UniswapV3Pool", `${core}/UniswapV3Pool.sol/UniswapV3Pool.json`),
]);
writeFileSync(process.argv[2], JSON.stringify(contracts));
