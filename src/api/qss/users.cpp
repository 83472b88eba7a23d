#include "api/qss/calls.h"
#include "api/respond.h"
#include "base/limits.h"

namespace qss::api::qss_api {

namespace {

json::Writer user_json(const store::User& user)
{
    json::Writer out;
    out.text("user_id", user.id.text()).text("email", user.email);
    out.text("given_name", user.given_name).text("surname", user.surname).text("mobile_no", user.mobile);
    out.text("status", user.status == store::UserStatus::requested ? "REQUESTED" : "APPROVED");
    return out;
}

json::Writer device_json(const store::Device& device)
{
    json::Writer out;
    out.text("device_id", device.id.text()).text("device_name", device.name);
    out.text("created_at", to_rfc3339(device.created_at));
    out.text("status", device.status == store::DeviceStatus::active ? "ACTIVE" : "INACTIVE");
    return out;
}

Result<service::NewUser> read_new_user(json::Reader& body)
{
    TRY_ASSIGN(email, body.text("email", limits::email_size));
    TRY_ASSIGN(mobile, body.text("mobile_no", limits::mobile_size));
    TRY_ASSIGN(given_name, body.text("given_name", limits::name_size));
    TRY_ASSIGN(surname, body.text("surname", limits::name_size));
    TRY_ASSIGN(identity_number, body.optional_text("identity_number", limits::name_size));
    TRY(body.finish());
    return service::NewUser{std::move(email), std::move(mobile), std::move(given_name), std::move(surname),
                            identity_number.value_or("")};
}

}

Outcome add_user(const Parts& parts, const service::Application& by, const http::Request& request)
{
    TRY_ASSIGN(body, json::Reader::parse(request.body));
    TRY_ASSIGN(user, read_new_user(body));
    TRY_ASSIGN(created, parts.service.users().create(by, user));
    return json_response(201, json::Writer().text("user_id", created.id.text()).str());
}

Outcome get_user(const Parts& parts, const service::Application& by, const http::Request& request)
{
    TRY_ASSIGN(user, parts.service.users().get(by, request.parameters[0]));
    return json_response(200, user_json(user).str());
}

Outcome remove_user(const Parts& parts, const service::Application& by, const http::Request& request)
{
    TRY_ASSIGN(reason, revocation_reason(request));
    TRY(parts.service.users().remove(by, request.parameters[0], reason));
    return no_content();
}

Outcome list_devices(const Parts& parts, const service::Application& by, const http::Request& request)
{
    TRY_ASSIGN(devices, parts.service.users().devices(by, request.parameters[0]));
    std::vector<json::Writer> list;
    for (const auto& device : devices)
        list.push_back(device_json(device));
    return json_response(200, json::array_text(list));
}

Outcome remove_device(const Parts& parts, const service::Application& by, const http::Request& request)
{
    const auto device = DeviceId::parse(request.parameters[1]);
    if (!device)
        return fail(ErrorCode::not_found, "no such device");
    TRY(parts.service.users().remove_device(by, request.parameters[0], *device));
    return no_content();
}

}
