#include "cli/ceremony_run.h"

#include <boost/json/object.hpp>
#include <unistd.h>

#include "base/encoding.h"
#include "cli/data_directory.h"
#include "pki/profile.h"
#include "pki/public_urls.h"
#include "statements/subject_rules.h"

namespace qss::cli {

namespace {

Status check_keys_and_lifetimes(const CeremonyOptions& options, TimePoint now)
{
    for (const auto& name : {options.ca_key_type, options.root_key_type}) {
        if (name.empty())
            continue;
        TRY_ASSIGN(type, crypto::key_type_from_string(name));
        TRY(crypto::check_may_issue(type, now));
        if (type == crypto::KeyType::rsa2048)
            return fail(ErrorCode::invalid_argument, "a CA lives beyond RSA-2048");
    }
    for (const auto& [name, days] : options.lifetimes_days) {
        const auto* profile = pki::find_profile(name);
        QSS_ASSERT(profile != nullptr);
        if (std::chrono::days(days) > profile->max_validity)
            return fail(ErrorCode::invalid_argument,
                        name + " lives " + std::to_string(profile->max_validity.count()) + " days at most");
    }
    return {};
}

Status check_plan(const CeremonyPlan& plan, const Layout& layout, TimePoint now)
{
    const auto& users = plan.users;
    const auto& options = plan.options;
    const bool any_user = !(users.api.empty() && users.sam.empty() && users.ca.empty() &&
                            users.ocsp.empty() && users.tsa.empty());
    if (any_user && users.group.empty())
        return fail(ErrorCode::invalid_argument, "a group is needed with users: it owns the sockets");
    if (!options.sandbox)
        for (const auto& user : {users.api, users.sam, users.ca, users.ocsp, users.tsa})
            if (user.empty())
                return fail(ErrorCode::invalid_argument,
                            "outside a sandbox each process has a user of its own");
    for (const auto& user : {users.api, users.sam, users.ca, users.ocsp, users.tsa})
        TRY(identity_of(layout, user));
    TRY(statements::check_legal_person(options.country, options.organisation,
                                       options.organisation_identifier));
    TRY(pki::check_public_host(options.public_url));
    TRY(check_keys_and_lifetimes(options, now));
    TRY(Ceremony::make_config(layout, options));
    // sun_path has 108 bytes; "….partial/run/ocsp.sock" must fit.
    if (socket_of(layout, RoleName::ocsp).size() > 107)
        return fail(ErrorCode::invalid_argument, "the directory's path is too long for Unix sockets");
    return DataDirectory::check_free(plan.target);
}

std::string officers_for_people(const CeremonyOptions& options)
{
    std::string text = "\n\nofficers:";
    for (const auto& officer : options.officers)
        text += "\n  - " + officer.name + ", " +
                (officer.spki.empty() ? std::string("a key that the ceremony makes")
                                      : "key " + hex_encode(crypto::sha256(officer.spki)));
    if (options.file_sha256.empty())
        return text;
    return text + "\n\nSHA-256 of the file, for --confirm: " + hex_encode(options.file_sha256);
}

Status dry_run(const Context& context, Ceremony& ceremony, const CeremonyPlan& plan)
{
    TRY(ceremony.plan());
    boost::json::array titles;
    std::string text = "would make " + plan.target.string() + ":";
    for (const auto& step : ceremony.steps()) {
        titles.emplace_back(step.title);
        text += "\n  - " + step.title;
    }
    text += officers_for_people(plan.options);
    text += "\n\nwith this qss.toml:\n\n" + config::render(ceremony.config());
    context.result(boost::json::object{{"directory", plan.target.string()},
                                       {"steps", std::move(titles)},
                                       {"sha256", hex_encode(plan.options.file_sha256)},
                                       {"configuration", config::render(ceremony.config())}},
                   text);
    return {};
}

void say_made(const Context& context, const CeremonyPlan& plan)
{
    const auto target = plan.target.string();
    const std::string kind = plan.options.sandbox ? ", a sandbox: its certificates say TEST" : "";
    const std::string next =
        plan.options.sandbox
            ? "qss serve --directory " + target
            : "officers sign " + target +
                  "/pki/transcript.jsonl (qss officer sign-transcript); server certificates go to api/tls/";
    context.result(boost::json::object{{"directory", target},
                                       {"configuration", (plan.target / "qss.toml").string()},
                                       {"transcript", (plan.target / "pki" / "transcript.jsonl").string()}},
                   "made " + target + kind + "\nnext: " + next);
}

}

Result<std::filesystem::path> target_directory(const Context& context, const std::string& text)
{
    std::error_code code;
    auto target =
        std::filesystem::absolute(text.empty() ? context.directory : std::filesystem::path(text), code);
    if (code)
        return fail(ErrorCode::invalid_argument, "no such path: " + text);
    return target.has_filename() ? target : target.parent_path(); // "DIR/"
}

Status run_ceremony(const Context& context, const CeremonyPlan& plan, CeremonyRun run)
{
    auto partial = plan.target;
    partial += ".partial";
    TRY_ASSIGN(programs, program_directory());
    const Layout layout{config::Paths(partial), plan.users, programs, plan.options.sandbox, ""};
    TRY(check_plan(plan, layout, context.clock.now()));
    if (run == CeremonyRun::dry) {
        Ceremony ceremony(layout, plan.options, context.random, context.clock);
        return dry_run(context, ceremony, plan);
    }
    TRY_ASSIGN(directory, DataDirectory::begin(plan.target, plan.users.group.empty() ? 0700 : 0711));
    {
        Ceremony ceremony(layout, plan.options, context.random, context.clock);
        const auto done = ceremony.run([&](std::string_view line) { context.progress(line); });
        if (!done)
            return fail(done.error().code,
                        done.error().detail + "\nwhat there is stays in " + directory.partial().string());
    }
    TRY(directory.publish());
    say_made(context, plan);
    return {};
}

}
