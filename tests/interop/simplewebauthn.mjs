// Prints what @simplewebauthn/server says to each message of tests/vectors/webauthn.json.
import { readFileSync } from "node:fs";
import { SettingsService, verifyAuthenticationResponse, verifyRegistrationResponse } from "@simplewebauthn/server";

const vectors = JSON.parse(readFileSync(new URL("../vectors/webauthn.json", import.meta.url), "utf8"));
const bytes = (hex) => new Uint8Array(Buffer.from(hex, "hex"));
const b64url = (hex) => Buffer.from(hex, "hex").toString("base64url");

async function verdict(check) {
    try {
        const { verified } = await check();
        return verified ? "accepted" : "refused";
    } catch (error) {
        return `refused: ${error.message}`;
    }
}

function credential(id, response) {
    return { id: b64url(id), rawId: b64url(id), type: "public-key", clientExtensionResults: {}, response };
}

const expectation = (group) => ({
    expectedChallenge: b64url(group.challenge),
    expectedOrigin: group.origin,
    expectedRPID: group.rp_id,
    requireUserVerification: true,
});

const assertions = {};
for (const one of vectors.assertions.cases) {
    assertions[one.name] = await verdict(() => verifyAuthenticationResponse({
        ...expectation(vectors.assertions),
        response: credential(one.credential_id, {
            authenticatorData: b64url(one.authenticator_data),
            clientDataJSON: b64url(one.client_data_json),
            signature: b64url(one.signature),
        }),
        credential: { id: b64url(one.credential_id), publicKey: bytes(vectors.assertions.public_key_cose), counter: 0 },
    }));
}

const pem = (hex) =>
    `-----BEGIN CERTIFICATE-----\n${Buffer.from(hex, "hex").toString("base64").replace(/(.{64})/g, "$1\n")}\n` +
    "-----END CERTIFICATE-----\n";
SettingsService.setRootCertificates({ identifier: "packed", certificates: vectors.registrations.roots.map(pem) });

const registrations = {};
for (const one of vectors.registrations.cases) {
    registrations[one.name] = await verdict(() => verifyRegistrationResponse({
        ...expectation(vectors.registrations),
        response: credential(vectors.registrations.credential_id, {
            attestationObject: b64url(one.attestation_object),
            clientDataJSON: b64url(one.client_data_json),
        }),
        supportedAlgorithmIDs: [-7],
    }));
}
console.log(JSON.stringify({ assertions, registrations }));
