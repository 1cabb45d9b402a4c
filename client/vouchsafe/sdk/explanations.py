"""What a reason means to the person who gets it, and what to do: one sentence or two for each that can arrive.

Services answer a reason and its words only, so that they tell no more than they must; their READMEs say what it means
to a programmer. The reasons that the client itself gives come with sentences of their own.
"""

from collections.abc import Mapping
from types import MappingProxyType

_SIGN_IN = "sign in again: the session is missing, unknown here or over"
_ASSERTION = "identity's word for you was not accepted; run the command again, and sign in again if that does not help"
_NEW_CODE = "have a new one mailed: verify again"
_OUR_FAULT = "this client made a request that does not hold together; update it, and report it if it happens again"
_AWAY = "the service cannot be reached or took too long; nothing is lost by running the same command again later"

EXPLANATIONS: Mapping[str, str] = MappingProxyType(
    {
        # transport, and what every service may say
        "UNAVAILABLE": _AWAY,
        "DEADLINE_EXCEEDED": _AWAY,
        "DEADLINE_TOO_SHORT": _AWAY,
        "DEPENDENCY_UNAVAILABLE": "a service that this one needs is away; run the same command again later",
        "NOT_YET_VISIBLE": "what you wrote is kept, but cannot be read yet; read again in a moment",
        "INTERNAL": "the service failed in a way that nobody foresaw; run the command again, or tell its operators",
        "INVALID_REQUEST": "something that was given breaks a rule of the service",
        "MESSAGE_TOO_LARGE": "too much was sent at once; make it shorter",
        "PERMISSION_DENIED": "the certificate of this profile may not ask for this",
        "PERSON_TOKEN_REFUSED": "a call of the alias side carried a person's token, and was refused to protect you",
        # identity
        "LOGIN_TAKEN": "somebody has this login already; choose another",
        "WRONG_CREDENTIALS": "the login or the password is wrong; which of them is not told",
        "TOO_MANY_ATTEMPTS": "too many wrong passwords were tried for this login; wait a while before the next",
        "SESSION_MISSING": _SIGN_IN,
        "SESSION_INVALID": _SIGN_IN,
        "SESSION_EXPIRED": _SIGN_IN,
        "OWNERSHIP_KEY_INVALID": _OUR_FAULT,
        "OWNERSHIP_PROOF_INVALID": _OUR_FAULT,
        "RELEASE_REFUSED": "identity does not accept what it was shown, and names nobody",
        # verification
        "ASSERTION_MISSING": _ASSERTION,
        "ASSERTION_INVALID": _ASSERTION,
        "ASSERTION_EXPIRED": _ASSERTION,
        "UNKNOWN_MAIL_DOMAIN": "no registered employer has this mail domain; check the part after the @",
        "TOO_MANY_CODES": "too many codes were asked for, for this mailbox or by you; try again in an hour",
        "MAIL_NOT_SENT": "the mail server did not take the mail; try again in a while",
        "UNKNOWN_CHALLENGE": f"this code is not yours, or a later one has taken its place; {_NEW_CODE}",
        "WRONG_CODE": "this is not the code that was mailed; five wrong ones lock it",
        "CODE_LOCKED": f"five wrong codes were tried, and this one is locked; {_NEW_CODE}",
        "CODE_USED": f"this code has been used already; {_NEW_CODE}",
        "CODE_EXPIRED": f"the code is too old; {_NEW_CODE}",
        "MAILBOX_TAKEN": "another person has proven this mailbox already",
        "UNKNOWN_LABEL": "there is no such label; `verify` tells the one that is yours",
        "EPOCH_CLOSED": "the label's month has ended meanwhile; ask for a credential of the new one",
        "NOT_EMPLOYED": "no proof that you work there is in force; verify first",
        "OTHER_EMPLOYER": "until the next month your credentials in this sector come through one employer",
        "EPOCH_UNKNOWN": "the platform counts its months otherwise; check the epoch",
        "LABEL_REVOKED": "the label was stopped for this month, and nobody can speak under it; the public log says why",
        "UNKNOWN_SLOT": "there are fewer credentials a month than that; choose a lower slot",
        "SLOT_USED": "this slot was used for another credential, perhaps by another wallet; choose another slot",
        "SLOT_CHALLENGED": "this slot is being used already, perhaps by another wallet; choose another slot",
        "SLOT_LOST": "an issuance in this slot was left unfinished or went wrong; choose another slot",
        "TOO_MANY_STRIKES": "too many slots of this month were lost; ask for a credential in the next one",
        "CHALLENGES_OPEN": "other slots are in use, perhaps by another wallet; finish what is under way there first",
        "CANDIDATES_DIFFER": "verification wants another number of candidates by now; run the same command again",
        "TERMS_DIFFER": "wallet and verification disagree on what is issued; is the profile's trust file current?",
        "NO_CHALLENGE": _OUR_FAULT,
        "OPENINGS_MALFORMED": _OUR_FAULT,
        "CHEAT_CAUGHT": "verification found candidates that are not honest, and the slot is lost; report this",
        "CHECKS_UNAVAILABLE": _AWAY,
        "BLINDED_MESSAGE_INVALID": _OUR_FAULT,
        "ISSUER_KEY_UNAVAILABLE": "the platform cannot reach its signing keys now; try again in a while",
        # alias side: disclosure's deposits and the forum
        "UNKNOWN_KEY": "the service has not heard of the label's key yet; try again in a minute",
        "LABEL_NOT_ACTIVE": "too few people hold a credential under the label yet; try again when more have joined",
        "LABEL_EXPIRED": "the label's month ended too long ago; ask for a credential of the current one",
        "CREDENTIAL_INVALID": "the label's issuer did not sign this credential; ask for one in another slot",
        "ENVELOPE_MISMATCH": _OUR_FAULT,
        "ENVELOPE_INVALID": _OUR_FAULT,
        "ALIAS_KEY_USED": "another envelope was left for this alias already; ask for a credential in another slot",
        "NONCE_INVALID": _OUR_FAULT,
        "NONCE_EXPIRED": "it took too long from the forum's question to the answer; run the same command again",
        "RECEIPT_INVALID": "the receipt is not for this alias and its envelope; ask for a credential in another slot",
        "ALIAS_PROOF_INVALID": _OUR_FAULT,
        "ALIAS_EXISTS": "this credential has been made an alias already",
        "ALIAS_UNKNOWN": "the forum does not know this alias; make it with `alias` first",
        "CERTIFICATE_INVALID": _OUR_FAULT,
        "SIGNATURE_INVALID": _OUR_FAULT,
        "THREAD_EXISTS": "this thread is there already",
        "THREAD_UNKNOWN": "there is no such thread to write to; check its identifier",
        "THREAD_KEY_CHANGED": "this alias speaks in the thread with another key; was the wallet put together from two?",
        "THREAD_KEY_TAKEN": "another alias speaks in the thread with this key; was the wallet put together from two?",
        "THREAD_FULL": "the thread holds as much as it may; open another",
        "NAMES_TAKEN": "every name that was drawn for you is taken in this thread; try again",
        "POST_EXISTS": "this post is there already",
        "POST_UNKNOWN": "the thread holds no such post; check both identifiers",
        "COMMENT_EXISTS": "this comment is there already",
        "COMMENTS_FULL": "the post has as many comments as it may; write a post of your own",
        "THREAD_NOT_FOUND": "there is no such thread to read; check its identifier",
        "POST_NOT_FOUND": "there is no such post; check its identifier",
        "ISSUER_KEY_CONFLICT": "two keys were published for one label; its operators must look into it",
        "ISSUER_KEY_MALFORMED": "what was published for the label is not a key; its operators must look into it",
        "NOTICE_MALFORMED": "what disclosure announced about an alias holds no key or no opening",
        "OPENING_UNANNOUNCED": "an alias is said to be opened of which no opening was announced",
        # the log
        "LEAF_UNKNOWN": "the log does not show this yet; try again in a minute",
        "SIZE_UNKNOWN": "the log never had this size, or has not reached it yet",
        "WITNESSES_UNAVAILABLE": "too few witnesses have co-signed the log in time; try again in a minute",
        # cases
        "REQUESTER_DECLINED": "this kind of requester has no right to an opening; the attempt is on record",
        "EVIDENCE_INVALID": "what ties the post to a credential does not hold, so no case can be made of it",
        "CASE_UNKNOWN": "there is no such case; check its identifier",
        "CASE_EXPIRED": "the case ended before it was opened; open a new one",
        "CASE_NOT_PENDING": "the case is over, and takes no more approvals",
        "APPROVAL_INVALID": "not an approval of this case by an officer of the trust material that is still in force",
        "ALREADY_APPROVED": "this officer has approved the case, and the approval is in force",
        "QUORUM_MISSING": "too few officers, or too few roles among them, have approved; nothing was opened",
        "TRUSTEES_UNAVAILABLE": "fewer trustees than are needed could be reached; execute the case again later",
        "OPENING_REFUSED": "the trustees or identity refused; they say why in their own logs only",
    }
)
"""By reason. A reason that is not here is told in the service's own words."""
