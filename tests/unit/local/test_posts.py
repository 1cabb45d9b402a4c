"""The shipped example posts: enough of them, in both languages, by whom they should be, and without a name inside."""

import json
import re
import tomllib
from collections import Counter, defaultdict

import pytest

from deploy.local.layout import REPOSITORY

POSTS = [
    json.loads(line) for line in (REPOSITORY / "examples" / "posts.jsonl").read_text(encoding="utf-8").splitlines()
]
REGISTRY = REPOSITORY / "deploy" / "config" / "verification" / "organisations.toml"
ORGANISATIONS = tomllib.loads(REGISTRY.read_text(encoding="utf-8"))


def test_each_line_has_exactly_the_four_fields_all_of_them_filled() -> None:
    for post in POSTS:
        assert post.keys() == {"author", "work_email", "thread", "body"}
        assert all(isinstance(value, str) and value.strip() == value != "" for value in post.values())


def test_there_are_enough_posts_authors_and_threads() -> None:
    assert len(POSTS) >= 220
    assert len({post["work_email"] for post in POSTS}) == 60
    assert 45 <= len({post["thread"] for post in POSTS}) <= 55
    assert len({post["body"] for post in POSTS}) == len(POSTS)


def test_ten_authors_of_each_registered_employer() -> None:
    domains = {domain: o["id"] for o in ORGANISATIONS["organisation"] for domain in o["domains"]}
    authors = {post["work_email"] for post in POSTS}
    assert Counter(domains[email.partition("@")[2]] for email in authors) == dict.fromkeys(domains.values(), 10)


def test_an_author_is_one_person_with_one_address() -> None:
    assert (
        len({(post["author"], post["work_email"]) for post in POSTS}) == len({post["author"] for post in POSTS}) == 60
    )


def test_every_author_posts_in_at_least_two_threads() -> None:
    threads = defaultdict(set)
    for post in POSTS:
        threads[post["work_email"]].add(post["thread"])
    assert min(map(len, threads.values())) >= 2


def test_about_half_is_chinese() -> None:
    chinese = sum(bool(re.search(r"[\u4e00-\u9fff]", post["body"])) for post in POSTS)
    assert 0.4 <= chinese / len(POSTS) <= 0.6


@pytest.mark.parametrize(("author", "email"), sorted({(post["author"], post["work_email"]) for post in POSTS}))
def test_no_name_or_address_appears_in_what_is_published(author: str, email: str) -> None:
    published = "\n".join({post["thread"] for post in POSTS} | {post["body"] for post in POSTS}).lower()
    for private in {author, *author.split(), email, email.partition("@")[0]}:
        assert not re.search(rf"(?<![a-z]){re.escape(private.lower())}(?![a-z])", published)
    assert "@" not in published


def test_every_employer_has_a_sector_that_another_one_shares() -> None:
    sectors = Counter(organisation["sector"] for organisation in ORGANISATIONS["organisation"])
    assert set(sectors.values()) == {2}
