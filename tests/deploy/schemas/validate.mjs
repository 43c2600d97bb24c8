// Holds Kubernetes objects to the published schemas.
//
//   validate.mjs MODULES <objects.yaml
//
// MODULES is where package-lock.json was installed. Prints one line for each
// object, with what is wrong with it, and fails if something is.

import fs from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import {pathToFileURL} from 'node:url';

const modules = path.resolve(process.argv[2]);
const {parseAllDocuments} = createRequire(modules + '/')('yaml');

// The class that stands for objects of `apiVersion` and `kind`.
async function modelOf(apiVersion, kind) {
  const group = apiVersion.split('/')[0];
  const home = group === 'cert-manager.io' ?
      '@kubernetes-models/cert-manager' :
      'kubernetes-models';
  const file = path.join(modules, home, apiVersion, `${kind}.js`);
  return (await import(pathToFileURL(file)))[kind];
}

// The schemas allow fields that they do not know, which an API server refuses or
// drops. A validator reads each field that it knows: what was never read through
// the returned value is none.
function watched(value, at, read) {
  if (value === null || typeof value !== 'object') return value;
  return new Proxy(value, {
    get(target, key) {
      const below = `${at}/${String(key)}`;
      read.add(below);
      return watched(target[key], below, read);
    },
  });
}

function unknownFields(value, at, read) {
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, below]) => {
    const here = `${at}/${key}`;
    return read.has(here) ? unknownFields(below, here, read) :
                            [`${here} is unknown`];
  });
}

async function faultsOf(object) {
  const {apiVersion, kind} = object;
  let model;
  try {
    model = await modelOf(apiVersion, kind);
  } catch {
    return [`there is no ${apiVersion} ${kind}`];
  }
  const read = new Set();
  try {
    model.prototype.validate.call(watched(object, '', read));
  } catch (error) {
    return [error.message];
  }
  return unknownFields(object, '', read);
}

const objects = parseAllDocuments(fs.readFileSync(0, 'utf8'))
                    .map((document) => document.toJS());
let faults = objects.length === 0 ? 1 : 0;
for (const object of objects) {
  const found = await faultsOf(object);
  faults += found.length;
  console.log(
      `${object.kind} ${object.metadata?.name}: ${found.join('; ') || 'valid'}`);
}
process.exit(faults === 0 ? 0 : 1);
