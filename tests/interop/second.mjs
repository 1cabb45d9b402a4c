// Second implementations, asked over standard input: one JSON object a line, one answer a line. Bytes are hex.
//
//   RFC 9474 (blind RSA)              @cloudflare/blindrsa-ts
//   RFC 9497 (proof of equal logs)    @cloudflare/voprf-ts over @noble/curves' ristretto255
import { RSABSSA } from '@cloudflare/blindrsa-ts';
import { DLEQProof, DLEQProver, DLEQVerifier, Oprf } from '@cloudflare/voprf-ts';
import { CryptoNoble } from '@cloudflare/voprf-ts/crypto-noble';
import { createInterface } from 'node:readline';

const bytes = (hex) => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (data) => Buffer.from(data).toString('hex');

const variants = {
    'RSABSSA-SHA384-PSS-Randomized': RSABSSA.SHA384.PSS.Randomized,
    'RSABSSA-SHA384-PSSZERO-Randomized': RSABSSA.SHA384.PSSZero.Randomized,
    'RSABSSA-SHA384-PSS-Deterministic': RSABSSA.SHA384.PSS.Deterministic,
    'RSABSSA-SHA384-PSSZERO-Deterministic': RSABSSA.SHA384.PSSZero.Deterministic,
};
const algorithm = { name: 'RSA-PSS', hash: 'SHA-384' };
const publicKey = (spki) => crypto.subtle.importKey('spki', bytes(spki), algorithm, true, ['verify']);
const privateKey = (pkcs8) => crypto.subtle.importKey('pkcs8', bytes(pkcs8), algorithm, true, ['sign']);

const suite = Oprf.Suite.RISTRETTO255_SHA512;
const group = Oprf.getGroup(suite, CryptoNoble);
const dleq = { dst: new TextEncoder().encode('OPRFV1-\x01-' + suite), group: group.id, hash: 'SHA-512' };
const point = (hexed) => group.desElt(bytes(hexed));

const answers = {
    prepare: ({ variant, message }) => hex(variants[variant]().prepare(bytes(message))),
    blind: async ({ variant, spki, input }) => {
        const made = await variants[variant]().blind(await publicKey(spki), bytes(input));
        return { blinded: hex(made.blindedMsg), inverse: hex(made.inv) };
    },
    sign: async ({ variant, pkcs8, blinded }) =>
        hex(await variants[variant]().blindSign(await privateKey(pkcs8), bytes(blinded))),
    finalize: async ({ variant, spki, input, signed, inverse }) =>
        hex(await variants[variant]().finalize(await publicKey(spki), bytes(input), bytes(signed), bytes(inverse))),
    verify: async ({ variant, spki, input, signature }) =>
        variants[variant]().verify(await publicKey(spki), bytes(signature), bytes(input)),
    multiply: ({ scalar, element }) => hex(point(element).mul(group.desScalar(bytes(scalar))).serialize()),
    prove: async ({ key, b, c, d }) => {
        const prover = new DLEQProver(dleq, CryptoNoble);
        const proof = await prover.prove(group.desScalar(bytes(key)), [group.generator(), point(b)], [point(c), point(d)]);
        return hex(proof.serialize());
    },
    check: ({ b, c, d, proof }) =>
        new DLEQVerifier(dleq, CryptoNoble).verify(
            [group.generator(), point(b)],
            [point(c), point(d)],
            DLEQProof.deserialize(group.id, bytes(proof), CryptoNoble),
        ),
};

for await (const line of createInterface({ input: process.stdin })) {
    const { what, ...given } = JSON.parse(line);
    try {
        console.log(JSON.stringify({ answer: await answers[what](given) }));
    } catch (error) {
        console.log(JSON.stringify({ error: String(error) }));
    }
}
